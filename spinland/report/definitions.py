"""What the symbols of the report mean."""

from ..statistics.judging import JUDGEMENT

DEFINITIONS = (
    (
        "L(w), loss",
        "Mean over the samples of the softmax cross-entropy in nats, or of the squared error averaged over the outputs.",
    ),
    (
        "w, point",
        "All weights and biases as one vector, layer by layer, weight rows first, then the bias: PyTorch's order.",
    ),
    ("M, width", "Number of neurons of the first hidden layer."),
    ("σ, step of a walk", "Standard deviation of the normal number added to every coordinate in each step."),
    ("|δw|, distance", "Euclidean distance from the start; after t free steps about σ √(t · dim)."),
    (
        "Autocorrelation, ξ",
        (
            "Correlation of L(t) and L(t+s) about their means over the walkers of the same solution at each step, averaged over t; ξ is the lag where it "
            "falls to 1/e. After Weinberger (1990), centred step by step because walks that leave a minimum are not stationary."
        ),
    ),
    (
        "S, α, barrier",
        "S pairs of hidden neurons exchanged; way w(α) = (1−α) w + α Pw; barrier: largest loss on the way minus the larger loss of the ends.",
    ),
    (
        "q, overlap",
        (
            "q = w·w'/(|w||w'|), the cosine of two solutions as they are, no symmetry removed. Of a glass of even order, where "
            "H(−σ) = H(σ), it is |q|."
        ),
    ),
    (
        "Cophenetic correlation",
        "Pearson's correlation of the distances with the heights at which pairs join in the tree; 1 for an ultrametric set.",
    ),
    (
        "Filter-normalised direction",
        "Normal numbers, scaled so that each neuron's incoming weights and bias together have the norm that they have in w; then |δw|/|w| is the relative distance.",
    ),
    (
        "Rise",
        "Mean over random directions of L(w + r d) − L(w) at relative distance r. A measure of sharpness: small is flat.",
    ),
    ("Generalisation gap", "Test loss minus training loss."),
    (
        "±",
        (
            "Standard error of the mean over replicas, walkers or trials, or a jackknife or bootstrap error over replicas where it says so; "
            "where several walkers or trials share a solution, over the solutions. A change is taken pair by pair where both ends were measured "
            "on the same solutions: its error is smaller than those of the two means."
        ),
    ),
    ("p, significant", JUDGEMENT),
)
