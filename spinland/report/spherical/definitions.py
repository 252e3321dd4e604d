"""What the symbols on the page of a glass mean."""

from ...statistics.judging import JUDGEMENT

SPHERICAL_DEFINITIONS = (
    (
        "H(σ), energy",
        ("H(σ) = N^(−(p−1)/2) Σ J σ…σ over all ordered p-tuples of N spins, J independent standard normal numbers, |σ|² = N; so "
        "E[H(σ)H(σ')] = N q^p (Auffinger, Ben Arous and Černý, arXiv:1003.1129). The page gives H/N, the energy per spin."),
    ),
    (
        "ABC, CS",
        ("The normalisation above, and that of Crisanti and Sommers (1992), whose energies and temperatures are smaller by √2 and "
        "whose times are longer by √2. All numbers are ABC where nothing else is said."),
    ),
    ("q, overlap", "σ·σ'/N: the cosine of two points of the sphere."),
    (
        "E_inf, threshold",
        ("2 √((p−1)/p). Above −E_inf typical critical points are saddles with a share of N negative directions, below it minima are "
        "the most numerous."),
    ),
    ("E_0, E_k", "Below −E_k there are no critical points of index k or higher, for N → ∞. −E_0 is the ground state."),
    ("Index", "Number of negative eigenvalues of the Hessian on the sphere, out of N−1."),
    ("Complexity Θ, Θ_k", "Growth rate (1/N) ln of the mean number of critical points (of index k) of energy at most u."),
    (
        "T_d, T_s",
        ("Dynamical temperature: below it dynamics from a random point does not equilibrate, for N → ∞. Static temperature: below it "
        "equilibrium has one-step replica symmetry breaking."),
    ),
    ("q_EA", "Edwards and Anderson's overlap of two configurations in one state."),
    ("t, time", "That of dσ/dt = −P∇H, P being the projection on the tangent directions; with noise of variance 2T at temperature T."),
    ("Corr(q), a_p", "Correlation of the energies at two points of overlap q; weights of the mixture Σ a_p q^p with that correlation."),
    (
        "Cophenetic correlation",
        "Pearson's correlation of the distances with the heights at which pairs join in the tree; 1 for an ultrametric set.",
    ),
    ("z", "Measured minus exact, in standard errors of the measured."),
    (
        "±",
        ("Standard error of the mean over instances, or over minima, walkers or pairs where it says so. A change is taken pair by pair where "
        "both ends were measured on the same instances."),
    ),
    ("p, significant", JUDGEMENT),
)  # fmt: skip
