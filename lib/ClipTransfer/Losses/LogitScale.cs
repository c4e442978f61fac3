using ClipTransfer.Runtime;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace ClipTransfer.Losses;

/// <summary>The logit scale 1/τ, kept as log(1/τ) as CLIP does: trained and clamped, or fixed as the paper's theory has it.</summary>
public sealed class LogitScale : nn.Module
{
    /// <summary>CLIP's first temperature.</summary>
    public const double DefaultTemperature = 0.07;

    /// <summary>The greatest logit scale: CLIP clamps log(1/τ) to [0, ln 100].</summary>
    public const double Largest = 100;

    [ComponentName(Name = "log")]
    private readonly Parameter _log;

    /// <summary>Makes one at the temperature given.</summary>
    /// <param name="temperature">τ, within [1/100, 1] when trained (the clamp's range), any positive number when fixed.</param>
    /// <param name="trained">Whether an optimiser moves it.</param>
    /// <param name="dtype">Type of the parameter; null is float32.</param>
    /// <exception cref="InputException">The temperature is not in its range.</exception>
    public LogitScale(double temperature = DefaultTemperature, bool trained = true, ScalarType? dtype = null)
        : base(nameof(LogitScale))
    {
        var low = trained ? 1 / Largest : double.Epsilon;
        var high = trained ? 1 : double.MaxValue;
        if (!(temperature >= low && temperature <= high))
            throw new InputException("temperature", $"{temperature} is not {(trained ? "between 0.01 and 1, where a trained one is kept" : "positive")}",
                "Give another, or fix it instead of training it");
        IsTrained = trained;
        // A Float64 here would turn all logits Float64 by promotion.
        _log = new Parameter(tensor(Math.Log(1 / temperature), dtype: dtype ?? ScalarType.Float32), requires_grad: trained);
        RegisterComponents();
    }

    /// <summary>Whether an optimiser moves it; a fixed one is never clamped.</summary>
    public bool IsTrained { get; }

    /// <summary>1/τ = exp(log(1/τ)), a scalar tensor that the loss can be differentiated through.</summary>
    public Tensor Value() => _log.exp();

    /// <summary>Back into [0, ln 100]; to be called after each optimiser step. A fixed scale is left as it is.</summary>
    public void Clamp()
    {
        if (!IsTrained) return;
        using var free = no_grad();
        _log.clamp_(0, Math.Log(Largest));
    }
}
