using ClipTransfer.Notebooks.Running;
using ClipTransfer.Runtime;

namespace ClipTransfer.Tests.Notebooks;

public class ParametersCellTests
{
    private const string Cell = "var profile = \"default\"; var seed = 0; var data = \"\";\nvar rate = 0.5; float small = 1f; long big = 1; var on = true;\nvar below = -3; int[] sizes = [1, 2]; double? maybe = null; // comment = 7";

    [Fact]
    public void The_declared_names_are_known() =>
        Assert.Equal(["profile", "seed", "data", "rate", "small", "big", "on", "below", "sizes", "maybe"], ParametersCell.Parse(Cell).Names);

    [Theory]
    [InlineData("profile", "a \"b\" \\ c", "profile = \"a \\\"b\\\" \\\\ c\";")]
    [InlineData("seed", "-7", "seed = -7;")]
    [InlineData("rate", "3", "rate = 3d;")]
    [InlineData("rate", "1e-3", "rate = 1e-3d;")]
    [InlineData("small", "0.25", "small = 0.25f;")]
    [InlineData("big", "5000000000", "big = 5000000000L;")]
    [InlineData("on", "False", "on = false;")]
    [InlineData("below", "4", "below = 4;")]
    [InlineData("sizes", "[3, 4]", "sizes = [3, 4];")]
    public void A_value_becomes_an_assignment_of_the_declared_type(string name, string value, string expected)
    {
        var code = ParametersCell.Parse(Cell).Inject([KeyValuePair.Create(name, value)]);
        Assert.Equal(expected, code.Split('\n')[1]);
    }

    [Theory]
    [InlineData("seed", "1.5", "a whole number (int)")]
    [InlineData("seed", "5000000000", "a whole number (int)")]
    [InlineData("rate", "much", "a number")]
    [InlineData("rate", "NaN", "a number")]
    [InlineData("on", "1", "true or false")]
    [InlineData("seed", "1; Environment.Exit(0)", "a whole number (int)")]
    public void A_value_of_another_type_is_refused(string name, string value, string expected)
    {
        var error = Assert.Throws<InputException>(() => ParametersCell.Parse(Cell).Inject([KeyValuePair.Create(name, value)]));
        Assert.StartsWith($"--set {name}={value}: '{value}' is not {expected}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_injected_compiles_and_keeps_the_types()
    {
        var session = new ClipTransfer.Notebooks.Engine.CodeSession(ClipTransfer.Notebooks.Engine.BuildPackages.Read().Framework);
        await session.RunAsync(Cell, "parameters");
        var values = new Dictionary<string, string>
        {
            ["profile"] = "qu\"ick\n",
            ["seed"] = "7",
            ["rate"] = "2",
            ["small"] = "0.5",
            ["big"] = "9",
            ["on"] = "false",
            ["below"] = "-1",
            ["sizes"] = "[9]",
            ["maybe"] = "1.5",
        };
        await session.RunAsync(ParametersCell.Parse(Cell).Inject(values), "injected");
        var result = await session.RunAsync("(profile, seed, rate, small, big, on, below, sizes[0], maybe)", "cell");
        Assert.Equal(("qu\"ick\n", 7, 2.0, 0.5f, 9L, false, -1, 9, (double?)1.5), result.Value);
    }
}
