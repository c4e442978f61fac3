using ClipTransfer.Runtime;
using ClipTransfer.Training;

namespace ClipTransfer.Tests.Training;

public sealed class RunLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("run-log").FullName;

    private string LogFile => Path.Combine(_folder, "deep", "log.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static StepRecord Record(int step, double loss = 1.5) =>
        new(step, 0, loss, new Dictionary<string, double> { ["imageToText"] = loss, ["alignment"] = 0.25 }, 14.3, 1e-3, 0.7, 900, 0.001, 123456789, !double.IsFinite(loss));

    private void WriteSteps(int count, int keepSteps = 0)
    {
        using var log = RunLog.Open(LogFile, keepSteps);
        for (var step = keepSteps; step < count; step++) log.Write(Record(step));
    }

    [Fact]
    public void What_was_written_is_read_back_and_a_loss_that_is_not_finite_is_null()
    {
        using (var log = RunLog.Open(LogFile))
        {
            log.Write(Record(0));
            log.Write(Record(1, double.NaN));
            log.Write(Record(2, double.PositiveInfinity));
            // Read while it is still open: a live plot does this.
            Assert.Equal([0, 1, 2], RunLog.Read(LogFile).Select(s => s.Step));
        }

        var steps = RunLog.Read(LogFile);
        Assert.Equivalent(Record(0), steps[0], strict: true);
        Assert.True(double.IsNaN(steps[1].Loss) && double.IsNaN(steps[2].Loss) && steps[1].Skipped);
        Assert.DoesNotContain("NaN", File.ReadAllText(LogFile), StringComparison.Ordinal);
    }

    [Fact]
    public void Learning_rates_of_parts_are_in_the_log_where_they_differ_and_logs_without_them_are_read()
    {
        var rates = new PartRates(1e-4, 1e-3, 3e-3);
        using (var log = RunLog.Open(LogFile))
        {
            log.Write(Record(0));
            log.Write(Record(1) with { Rates = rates });
        }

        var lines = File.ReadAllLines(LogFile);
        Assert.DoesNotContain("rates", lines[0], StringComparison.Ordinal); // as older versions wrote it
        Assert.Contains("\"rates\":{\"image\":0.0001,\"text\":0.001,\"heads\":0.003}", lines[1], StringComparison.Ordinal);
        Assert.Equal([null, rates], RunLog.Read(LogFile).Select(s => s.Rates));
        RunLog.Open(LogFile, keepSteps: 2).Dispose(); // what a resumed run does
        Assert.Equal(lines, File.ReadAllLines(LogFile));
    }

    [Fact]
    public void A_last_line_that_was_cut_is_left_out()
    {
        WriteSteps(3);
        var text = File.ReadAllText(LogFile);
        for (var cut = 1; cut < 40; cut += 7)
        {
            File.WriteAllText(LogFile, text[..^cut]);
            Assert.Equal(2, RunLog.Read(LogFile).Count);
        }
    }

    [Fact]
    public void A_broken_line_in_the_middle_is_named()
    {
        WriteSteps(3);
        var lines = File.ReadAllLines(LogFile);
        lines[1] = lines[1][..20];
        File.WriteAllLines(LogFile, lines);
        Assert.Contains("line 2", Assert.Throws<InputException>(() => RunLog.Read(LogFile)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_resumed_log_drops_what_will_be_written_again()
    {
        WriteSteps(8);
        WriteSteps(10, keepSteps: 5);
        Assert.Equal(Enumerable.Range(0, 10), RunLog.Read(LogFile).Select(s => s.Step));
    }

    [Fact]
    public void A_path_through_a_file_is_one_clear_line()
    {
        File.WriteAllText(Path.Combine(_folder, "deep"), "");
        Assert.Contains("cannot be written", Assert.Throws<InputException>(() => RunLog.Open(LogFile)).Message, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => RunLog.Read(Path.Combine(_folder, "none.jsonl")));
    }
}
