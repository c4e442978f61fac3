using ClipTransfer.Notebooks.Engine;

namespace ClipTransfer.Tests.Notebooks;

public class ValueFormatterTests
{
    public static TheoryData<object?, string> Values => new()
    {
        { null, "null" },
        { "text \"as it is\"", "text \"as it is\"" },
        { 1234.5, "1234.5" },
        { 0.1f, "0.1" },
        { true, "True" },
        { DayOfWeek.Friday, "Friday" },
        { new[] { 1, 2 }, "[1, 2]" },
        { new List<string> { "a" }, "[\"a\"]" },
        { new Dictionary<string, double[]> { ["k"] = [0.5] }, "[\"k\": [0.5]]" },
        { (1, "b", new[] { 2.5 }), "(1, \"b\", [2.5])" },
        { new Point(1, [2, 3]), "Point { X = 1, Ys = [2, 3] }" },
        { new { A = 1, B = "b" }, "{ A = 1, B = \"b\" }" },
        { new[,] { { 1, 2 }, { 3, 4 } }, "[1, 2]\n[3, 4]" },
        { Enumerable.Range(0, 30), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, …]" },
        { new Faulty(), "Faulty { Value = <broken> }" },
        { new Version(1, 2), "1.2" },
        { new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc), "01/02/2026 03:04:05" },
    };

    [Theory]
    [MemberData(nameof(Values), DisableDiscoveryEnumeration = true)]
    public void A_value_without_html_is_shown_as_text(object? value, string expected)
    {
        var forms = ValueFormatter.Format(value);
        Assert.Equal(["text/plain"], forms.Keys);
        Assert.Equal(expected, forms["text/plain"].ToString());
    }

    [Fact]
    public void A_type_with_ToHtml_is_shown_as_html_and_text()
    {
        var forms = ValueFormatter.Format(new Card());
        Assert.Equal("<b>card</b>", forms["text/html"].ToString());
        Assert.Equal("a card", forms["text/plain"].ToString());
        Assert.Equal(["text/html"], ValueFormatter.Format(new Card(), "text/html").Keys);
        Assert.Equal("**x**", ValueFormatter.Format("**x**", "text/markdown")["text/markdown"].ToString());
    }

    [Fact]
    public void Endless_and_circular_values_end()
    {
        Assert.EndsWith("…]", ValueFormatter.Text(Endless()), StringComparison.Ordinal);
        var circle = new Node();
        circle.Next = circle;
        Assert.True(ValueFormatter.Text(circle).Length < 1000);
        Assert.True(ValueFormatter.Text(Enumerable.Repeat(new string('x', 10_000), 20).ToArray()).Length < 50_000);

        static IEnumerable<int> Endless()
        {
            while (true) yield return 1;
        }
    }

    private sealed record Point(int X, int[] Ys);

    private sealed class Faulty
    {
#pragma warning disable CA1822 // A property of the instance is what is tested.
        public int Value => throw new InvalidOperationException("broken");
#pragma warning restore CA1822
    }

    private sealed class Node
    {
        public Node? Next { get; set; }
    }

    private sealed class Card
    {
        public override string ToString() => "a card";

#pragma warning disable CA1822 // The convention asks for an instance method.
        public string ToHtml() => "<b>card</b>";
#pragma warning restore CA1822
    }
}
