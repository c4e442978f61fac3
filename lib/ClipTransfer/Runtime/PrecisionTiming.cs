namespace ClipTransfer.Runtime;

/// <summary>One line of the measurement that <see cref="Precision.Auto"/> rests on.</summary>
/// <param name="Operation">What was computed, with its size.</param>
/// <param name="Precision">In which format.</param>
/// <param name="ChannelsLast">In which layout; false where there is none (matrices).</param>
/// <param name="Milliseconds">The best time of several turns.</param>
/// <param name="Rate">Arithmetic operations a second in units of 10⁹.</param>
public sealed record PrecisionTiming(string Operation, Precision Precision, bool ChannelsLast, double Milliseconds, double Rate);
