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
    public void A_view_gets_states_a_few_times_a_second_and_the_end_instead_of_lines()
    {
        var clock = new Clock();
        var view = new View(clock);
        ProgressLine.Views = () => view;
        try
        {
            var line = new ProgressLine("train", 1000, "pairs", clock: clock) { Curve = "loss" };
            for (var k = 1; k <= 1000; k++)
            {
                clock.Seconds += 0.01;
                line.Report(k, value: 1.0 / k);
            }

            line.Finish();
        }
        finally
        {
            ProgressLine.Views = null;
        }

        // 10 seconds, 0.4 s apart at least.
        Assert.InRange(view.States.Count, 20, 26);
        Assert.All(view.States.SkipLast(1), state => Assert.False(state.Finished));
        Assert.Equal("train 1000/1000 pairs, 100 pairs/s, in 10.0 s", view.States[^1].Text);
        Assert.True(view.States[^1].Finished);
        Assert.Equal((1000, "loss"), (view.States[^1].Total, view.States[^1].Curve!.Name));
    }

    [Fact]
    public void A_view_that_is_slow_is_drawn_so_rarely_that_it_takes_less_than_one_percent_of_the_time()
    {
        var clock = new Clock();
        var view = new View(clock) { Cost = 0.1 };
        ProgressLine.Views = () => view;
        try
        {
            var line = new ProgressLine("train", 0, "pairs", clock: clock);
            for (var k = 1; k <= 10_000; k++)
            {
                clock.Seconds += 0.1;
                line.Report(k);
            }
        }
        finally
        {
            ProgressLine.Views = null;
        }

        Assert.InRange(view.States.Count * 0.1 / clock.Seconds, 0.002, 0.01);
    }

    private sealed class View(Clock clock) : IProgressView
    {
        public List<ProgressState> States { get; } = [];

        public double Cost { get; init; }

        public void Show(ProgressState state)
        {
            States.Add(state);
            clock.Seconds += Cost;
        }
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
