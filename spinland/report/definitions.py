"""What the symbols of a page mean: those of its subjects, of its kind, and those of every page."""

from __future__ import annotations

from typing import Any

from ..statistics.judging import JUDGEMENT

Terms = tuple[tuple[str, str], ...]

_NETWORK: Terms = (
    (
        "L(w), loss",
        (
            "Mean over the samples of the softmax cross-entropy in nats, or of the squared error averaged over the "
            "outputs."
        ),
    ),
    (
        "w, point",
        "All weights and biases as one vector, layer by layer, weight rows first, then the bias: PyTorch's order.",
    ),
    ("M, width", "Number of neurons of the first hidden layer."),
    (
        "Filter-normalised direction",
        (
            "Normal numbers, scaled so that each neuron's incoming weights and bias together have the norm that they "
            "have in w; then |δw|/|w| is the relative distance."
        ),
    ),
    (
        "Rise",
        (
            "Mean over random directions of L(w + r d) − L(w) at relative distance r. A measure of sharpness: small is "
            "flat."
        ),
    ),
)

_PROTOCOLS: Terms = (
    ("σ, step of a walk", "Standard deviation of the normal number added to every coordinate in each step."),
    ("|δw|, distance", "Euclidean distance from the start; after t free steps about σ √(t · dim)."),
    (
        "Autocorrelation, ξ",
        (
            "Correlation of L(t) and L(t+s) about their means over the walkers of the same solution at each step, "
            "averaged over t; ξ is the lag where it falls to 1/e. After Weinberger (1990), centred step by step "
            "because walks that leave a minimum are not stationary."
        ),
    ),
    (
        "S, α, barrier",
        (
            "S pairs of hidden neurons exchanged; way w(α) = (1−α) w + α Pw; barrier: largest loss on the way minus "
            "the larger loss of the ends."
        ),
    ),
    ("Generalisation gap", "Test loss minus training loss."),
)

_GLASS: Terms = (
    (
        "H(σ), energy",
        (
            "H(σ) = N^(−(p−1)/2) Σ J σ…σ over all ordered p-tuples of N spins, J independent standard normal numbers,"
            " |σ|² = N; so E[H(σ)H(σ')] = N q^p (Auffinger, Ben Arous and Černý, arXiv:1003.1129). The page gives "
            "H/N, the energy per spin."
        ),
    ),
    (
        "ABC, CS",
        (
            "The normalisation above, and that of Crisanti and Sommers (1992), whose energies and temperatures are "
            "smaller by √2 and whose times are longer by √2. All numbers are ABC where nothing else is said."
        ),
    ),
    (
        "E_inf, threshold",
        (
            "2 √((p−1)/p). Above −E_inf typical critical points are saddles with a share of N negative directions, "
            "below it minima are the most numerous."
        ),
    ),
    ("E_0, E_k", "Below −E_k there are no critical points of index k or higher, for N → ∞. −E_0 is the ground state."),
    ("Index", "Number of negative eigenvalues of the Hessian on the sphere, out of N−1."),
)

_THEORY: Terms = (
    (
        "Complexity Θ, Θ_k",
        "Growth rate (1/N) ln of the mean number of critical points (of index k) of energy at most u.",
    ),
    (
        "T_d, T_s",
        (
            "Dynamical temperature: below it dynamics from a random point does not equilibrate, for N → ∞. Static "
            "temperature: below it equilibrium has one-step replica symmetry breaking."
        ),
    ),
    ("q_EA", "Edwards and Anderson's overlap of two configurations in one state."),
    (
        "t, time",
        (
            "That of dσ/dt = −P∇H, P being the projection on the tangent directions; with noise of variance 2T at "
            "temperature T."
        ),
    ),
    ("z", "Measured minus exact, in standard errors of the measured; of null models, see there."),
)

_CORRELATION: Terms = (
    (
        "Corr(q), a_p",
        "Correlation of the values at two points of overlap q; weights of the mixture Σ a_p q^p with that correlation.",
    ),
)

_OVERLAP = {
    ("network",): "q = w·w'/(|w||w'|), the cosine of two solutions as they are, no symmetry removed.",
    ("glass",): "q = σ·σ'/N, the cosine of two points of the sphere; of even order, where H(−σ) = H(σ), it is |q|.",
    ("network", "glass"): "The cosine of two points: w·w'/(|w||w'|) of networks as they are, no symmetry removed; "
    "σ·σ'/N of a glass, and its size |q| at even order, where H(−σ) = H(σ).",
}

_ALIGNMENT: Terms = (
    (
        "Balanced",
        (
            "Rescaled so that the incoming weights and bias of every hidden neuron are as long as its outgoing "
            "weights: of all rescaled copies of a network the shortest, and the only one."
        ),
    ),
    (
        "Aligned, P",
        (
            "With the hidden neurons in the order P that brings a balanced network nearest to another; with one hidden "
            "layer found exactly, by one assignment. Relabelling removed: the distance of two networks is that of the"
            " aligned ones."
        ),
    ),
    (
        "Excess of aligned networks",
        (
            "Largest height of the loss, strictly between the ends of the straight line, above the linear "
            "interpolation of the losses at the ends. Not clipped: it may be negative."
        ),
    ),
)

_TRIANGLES: Terms = (
    (
        "Cophenetic correlation",
        (
            "Pearson's correlation of the distances with the heights at which pairs join in the tree; 1 for an "
            "ultrametric set."
        ),
    ),
    (
        "K, deviation from ultrametricity",
        (
            "Mean of (d_3 − d_2)/(d_3 − d_1) over all triangles with sides d_1 ≤ d_2 ≤ d_3: 0 where the two longer "
            "sides are equal, as in a perfect hierarchy, 1/2 where the sides scatter about one length."
        ),
    ),
    (
        "Null models of K",
        (
            "Points without a hierarchy that have the norms of the data: shuffled cosines are the data's own, dealt "
            "out to other pairs; Gaussian directions are drawn with the spectrum of the data. Of each the mean ± "
            "standard deviation of its draws is given; z is how many such deviations K lies below that mean; p is "
            "two-sided, by the rank of K among the draws, hence 2/(draws + 1) at least."
        ),
    ),
)

_EVERYWHERE: Terms = (
    (
        "±",
        (
            "Standard error of the mean over what is independent, which the text names: replicas, "
            "instances, minima, pairs, walkers or trials; or a jackknife or bootstrap error where it says so. Where "
            "several walkers or trials share a start it is over the starts. A change is taken pair by pair where both"
            " ends were measured on the same ones: its error is smaller than those of the two means."
        ),
    ),
    ("p, significant", JUDGEMENT),
)


def definitions(book: Any) -> Terms:
    """Terms of the page of a book with their meanings: no network's on the page of a glass alone.

    Parameters
    ----------
    book : Book
        Its kind and its subjects decide.
    """
    kind, subjects = book.settings.kind, tuple(dict.fromkeys(subject.kind for subject in book.subjects))
    network, glass = "network" in subjects, "glass" in subjects
    chosen = (
        (_NETWORK, network),
        (_PROTOCOLS, kind == "study"),
        (_GLASS, glass),
        (_THEORY, kind == "glass"),
        ((("q, overlap", _OVERLAP[subjects]),), True),
        (_CORRELATION, kind != "atlas"),
        (_ALIGNMENT, kind == "atlas" and network),
        (_TRIANGLES, kind != "atlas" or network),
        (_EVERYWHERE, True),
    )
    return tuple(term for terms, there in chosen if there for term in terms)
