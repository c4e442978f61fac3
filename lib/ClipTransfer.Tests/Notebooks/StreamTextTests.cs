using ClipTransfer.Notebooks.Running;

namespace ClipTransfer.Tests.Notebooks;

public class StreamTextTests
{
    [Theory]
    [InlineData("a\nb", "a\nb")]
    [InlineData("10 %\r20 %\r100 %\n", "100 %\n")]
    [InlineData("long line\rshort", "shortline")]
    [InlineData("a\r\nb\r\n", "a\nb\n")]
    [InlineData("ab\b\bxy", "xy")]
    [InlineData("step 1\rstep 2", "step 2")]
    public void Text_is_kept_as_a_terminal_shows_it(string written, string shown)
    {
        var whole = new StreamText();
        whole.Append(written);
        Assert.Equal(shown, whole.ToString());

        // However it is cut into pieces.
        var pieces = new StreamText();
        foreach (var character in written) pieces.Append(character.ToString());
        Assert.Equal(shown, pieces.ToString());
    }

    [Fact]
    public void A_hundred_thousand_progress_lines_are_one_line()
    {
        var text = new StreamText();
        for (var i = 0; i < 100_000; i++) text.Append($"\rstep {i}");
        Assert.Equal("step 99999", text.ToString());
        Assert.Equal("step 99999", text.CurrentLine);
    }

    [Fact]
    public void Endless_text_is_cut_and_says_so()
    {
        var text = new StreamText();
        for (var i = 0; i < 3_000; i++) text.Append(new string('x', 999) + "\n");
        var kept = text.ToString();
        Assert.InRange(kept.Length, 1_000_000, 1_002_000);
        Assert.EndsWith("more characters left out\n", kept, StringComparison.Ordinal);
    }
}
