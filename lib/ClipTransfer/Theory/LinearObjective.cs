using ClipTransfer.Runtime;

namespace ClipTransfer.Theory;

/// <summary>What the linear score f_W(x, y) = ⟨Wx, y⟩ is trained on: the batch loss at one temperature plus weighted terms.</summary>
/// <remarks>
/// total = Contrastive·L(f_W, τ) + Positive·R + Negative·R_neg + 2B·(InModal·C_in + CrossModal·C_cross) + Ridge·‖W‖_F². L sums both directions,
/// as the paper [R]; OpenAI CLIP and CyCLIP average them, which halves L, so a λ here is twice theirs for the same minimiser (hence the
/// factor 2 before CyCLIP's terms: 0.25 and 0.25 mean what they mean there).
/// </remarks>
public sealed record LinearObjective
{
    /// <summary>An objective at one temperature.</summary>
    /// <param name="temperature">τ.</param>
    /// <exception cref="InputException">τ is not above 0.</exception>
    public LinearObjective(double temperature)
    {
        if (!(temperature > 0)) throw new InputException("LinearObjective", $"the temperature {temperature} is not above 0", "Use τ > 0");
        Temperature = temperature;
    }

    /// <summary>τ.</summary>
    public double Temperature { get; init; }

    /// <summary>Weight of the batch loss; 0 leaves the regularisers alone.</summary>
    public double Contrastive { get; init; } = 1;

    /// <summary>λ of CLIP+Reg: R = mean_i ‖Wx_i − y_i‖² on positive pairs [S; formula R].</summary>
    public double Positive { get; init; }

    /// <summary>λ of R_neg = mean_{i≠j} f(x_i, y_j)², ours: pulls the scores of off-diagonal pairs to 0. Bounded below, unlike −‖Wx_i − y_j‖².</summary>
    public double Negative { get; init; }

    /// <summary>CyCLIP's λ1 on C_in = mean_{ij} (⟨Wx_i, Wx_j⟩ − ⟨y_i, y_j⟩)². Of fourth order in W: not convex.</summary>
    public double InModal { get; init; }

    /// <summary>CyCLIP's λ2 on C_cross = mean_{ij} (f(x_i, y_j) − f(x_j, y_i))².</summary>
    public double CrossModal { get; init; }

    /// <summary>Weight of ‖W‖_F².</summary>
    public double Ridge { get; init; }

    /// <summary>Whether the total is convex in W: all but CyCLIP's in-modal term are.</summary>
    public bool IsConvex => InModal == 0;

    /// <summary>Plain CLIP.</summary>
    public static LinearObjective Clip(double temperature) => new(temperature);

    /// <summary>CLIP+Reg.</summary>
    public static LinearObjective ClipReg(double temperature, double weight) => new(temperature) { Positive = weight };

    /// <summary>CyCLIP with its own weights, 0.25 and 0.25.</summary>
    public static LinearObjective CyClip(double temperature, double weight = 0.25) => new(temperature) { InModal = weight, CrossModal = weight };
}
