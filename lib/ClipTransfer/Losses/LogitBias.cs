using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace ClipTransfer.Losses;

/// <summary>SigLIP's logit bias b, a trained scalar beside the logit scale.</summary>
/// <remarks>Of B² pairs only B are positive. A bias that starts far below 0 lets training begin near that prior, instead of with steps that only say "no" (Zhai and others 2023).</remarks>
public sealed class LogitBias : nn.Module
{
    /// <summary>SigLIP's first b.</summary>
    public const double DefaultBias = -10;

    [ComponentName(Name = "value")]
    private readonly Parameter _value;

    /// <summary>Makes one.</summary>
    /// <param name="first">The first b.</param>
    /// <param name="dtype">Type of the parameter; null is float32.</param>
    public LogitBias(double first = DefaultBias, ScalarType? dtype = null)
        : base(nameof(LogitBias))
    {
        _value = new Parameter(tensor(first, dtype: dtype ?? ScalarType.Float32));
        RegisterComponents();
    }

    /// <summary>b, a scalar tensor that the loss can be differentiated through.</summary>
    public Tensor Value() => _value.alias();
}
