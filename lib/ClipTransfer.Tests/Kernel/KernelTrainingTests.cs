using System.Text.Json;
using ClipTransfer.Tests.Notebooks;

namespace ClipTransfer.Tests.Kernel;

/// <summary>A training in a cell: seen while it runs, stopped at its next step, resumed.</summary>
[Trait("Category", "Slow")]
public sealed class KernelTrainingTests : IClassFixture<KernelClient>
{
    private readonly KernelClient _kernel;

    public KernelTrainingTests(KernelClient kernel) => _kernel = kernel;

    [Fact]
    public void A_training_shows_its_loss_while_it_runs_stops_at_the_next_step_and_goes_on_where_it_was()
    {
        var settings = JsonSerializer.Serialize(Path.Combine(CloneFixture.Real.Root, "settings", "scenes-quick.json"));
        Assert.Equal("ok", _kernel.Run($"""
            #r "nuget: ClipTransfer, 0.1.0"
            using ClipTransfer.Results;
            ClipTransfer.Runtime.TorchRuntime.Initialize("cpu", threads: 1);
            var (head, settings) = TrainingRunSettings.Read({settings});
            var run = new TrainingRun("out", "visit", head, settings, "");
            """).Reply.Content["status"]!.ToString());
        var first = Interrupted("var first = run.Train(resume: true, _ => { });\n(first.Interrupted, first.Steps.Count > 0)");
        Assert.Equal("(True, True)", first);
        var second = Interrupted("var second = run.Train(resume: true, _ => { });\n(second.Interrupted, second.Steps.Count > first.Steps.Count, second.Steps.Take(first.Steps.Count).Select(step => step.Loss).SequenceEqual(first.Steps.Select(step => step.Loss)))");
        Assert.Equal("(True, True, True)", second);
    }

    /// <summary>Runs a cell, and interrupts it once its curve is seen.</summary>
    private string Interrupted(string code)
    {
        var id = _kernel.Send("execute_request", KernelClient.Cell(code));
        Assert.Contains("<progress", _kernel.Until(id, "display_data").Content["data"]!["text/html"]!.ToString(), StringComparison.Ordinal);
        var seen = "";
        while (!seen.Contains("<svg", StringComparison.Ordinal)) seen = _kernel.Until(id, "update_display_data").Content["data"]!["text/html"]!.ToString();
        Assert.Contains("loss", seen, StringComparison.Ordinal);
        _kernel.Ask("interrupt_request", [], control: true);
        return _kernel.Await(id).Shown;
    }
}
