using ClipTransfer.Runtime;

namespace ClipTransfer.Tests.Runtime;

public class ProgressLineTests
{
    private sealed class Clock : TimeProvider
    {
        public double Seconds { get; set; }

        public override long TimestampFrequency => 1000;

        public override long GetTimestamp() => (long)(Seconds * 1000);
    }

    [Fact]
    public void A_terminal_sees_one_line_with_bar_rate_and_time_left()
    {
        var clock = new Clock();
        var writer = new StringWriter();
        var line = new ProgressLine("train", 400, "pairs", writer, live: true, clock);
        clock.Seconds = 10;
        line.Report(100, "loss 2.5");
        Assert.Equal("\rtrain [#####...............] 100/400 pairs, 10 pairs/s, 30.0 s left, loss 2.5", writer.ToString());
        line.Finish();
        Assert.Equal(1, writer.ToString().Count(c => c == '\n'));
    }

    [Fact]
    public void What_was_done_before_a_resume_counts_as_done_and_not_for_the_rate()
    {
        var clock = new Clock();
        var writer = new StringWriter();
        var line = new ProgressLine("train", 400, "pairs", writer, live: true, clock) { DoneBefore = 300 };
        clock.Seconds = 10;
        line.Report(320);
        Assert.Equal("\rtrain [################....] 320/400 pairs, 2.00 pairs/s, 40.0 s left", writer.ToString());
    }

    [Fact]
    public void A_pipe_gets_few_plain_lines()
    {
        var clock = new Clock();
        var writer = new StringWriter();
        var line = new ProgressLine("read", 1000, "images", writer, live: false, clock);
        for (var k = 1; k <= 1000; k++)
        {
            clock.Seconds = k * 0.06;
            line.Report(k);
        }

        line.Finish();
        var lines = writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.InRange(lines.Length, 2, 6);
        Assert.DoesNotContain('\r', writer.ToString().Replace("\r\n", "\n", StringComparison.Ordinal));
        Assert.EndsWith("in 1:00", lines[^1].TrimEnd(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_shorter_line_wipes_the_longer_one_before_it()
    {
        var clock = new Clock();
        var writer = new StringWriter();
        var line = new ProgressLine("x", 10, "steps", writer, live: true, clock);
        clock.Seconds = 1;
        line.Report(1, "a long remark");
        var longer = writer.ToString().Length - 1;
        clock.Seconds = 2;
        line.Report(2);
        Assert.Equal(longer, writer.ToString().Split('\r')[^1].Length);
    }
}
