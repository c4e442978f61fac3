using ClipTransfer.Results;

namespace ClipTransfer.Tests.Results;

public class PaperReferenceTests
{
    private static readonly string[] _sets = ["CIFAR10", "CIFAR100", "STL10", "Food101", "ImageNetV2", "DTD"];

    // The paper prints means beside its cells: a slip of the pen in one of the six shows here.
    [Theory]
    [InlineData("CLIP")]
    [InlineData("CyCLIP")]
    [InlineData("CLIP+Reg")]
    public void Means_of_table_1_are_the_means_of_its_cells(string method) =>
        Assert.Equal(PaperReference.Of("1", method, "mean").Value, _sets.Average(set => PaperReference.Of("1", method, set).Value), 0.0051);

    [Fact]
    public void The_regulariser_gains_on_five_of_six_sets_by_the_sourced_mean()
    {
        var gains = _sets.Select(set => PaperReference.Of("1", "CLIP+Reg", set).Value - PaperReference.Of("1", "CLIP", set).Value).ToArray();
        Assert.Equal(PaperReference.Of("1", "CLIP+Reg − CLIP", "sets improved of 6").Value, gains.Count(g => g > 0));
        Assert.Equal(PaperReference.Of("1", "CLIP+Reg − CLIP", "mean").Value, gains.Average(), 0.01);
    }

    // (1/10 + 1/100 + 1/10 + 1/101 + 1/1000 + 1/47) / 6
    [Fact]
    public void Chance_is_the_mean_of_one_over_the_number_of_classes() =>
        Assert.Equal(100 * (0.1 + 0.01 + 0.1 + 1 / 101.0 + 0.001 + 1 / 47.0) / 6, PaperReference.Of("1", "chance", "mean").Value, 0.005);

    [Fact]
    public void Every_value_has_a_known_mark() =>
        Assert.All(PaperReference.Values, v => Assert.Contains(v.Mark, new[] { "S", "R", "R+", "D", "?" }));
}
