using System.Globalization;

namespace ClipTransfer.Benchmarks;

/// <summary>One measured number beside what it should be.</summary>
/// <param name="Name">What was measured, with the size of the work.</param>
/// <param name="Value">The number; a ratio of medians of interleaved repeats where two things are compared.</param>
/// <param name="Bound">What it should be.</param>
/// <param name="Format">How both are written, for example <c>0.00×</c>.</param>
/// <param name="AtLeast">Whether the bound is from below.</param>
/// <param name="IsGoal">Whether it is a goal, which is told and not judged.</param>
internal sealed record BenchmarkLine(string Name, double Value, double Bound, string Format, bool AtLeast = true, bool IsGoal = false)
{
    /// <summary>Whether the bound holds.</summary>
    public bool Holds => AtLeast ? Value >= Bound : Value <= Bound;

    private string Verdict => IsGoal ? "goal" : Holds ? "reached" : "short";

    /// <summary>The same number against a goal.</summary>
    public BenchmarkLine Goal(double bound) => this with { Bound = bound, IsGoal = true };

    /// <summary><c>name | measured | target | reached</c>, or <c>short</c>, or <c>goal</c>.</summary>
    public override string ToString() =>
        $"{Name} | {Value.ToString(Format, CultureInfo.InvariantCulture)} | {(AtLeast ? "≥" : "≤")} {Bound.ToString(Format, CultureInfo.InvariantCulture)} | {Verdict}";
}
