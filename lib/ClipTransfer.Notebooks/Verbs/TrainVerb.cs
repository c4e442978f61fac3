using System.CommandLine;
using ClipTransfer.Notebooks.Running;
using ClipTransfer.Results;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Verbs;

/// <summary><c>train SETTINGS.json</c>: one training without a notebook, which may be killed and resumed.</summary>
internal static class TrainVerb
{
    /// <summary>The verb with its options.</summary>
    public static Command Create(Repository repository, TextWriter output)
    {
        var settings = new Argument<string>("SETTINGS") { Description = "A settings file, such as settings/scenes-quick.json, or the config.json of a run." };
        var resume = new Option<bool>("--resume") { Description = "Goes on from the newest whole checkpoint; on one machine with one number of threads to the same bits." };
        var name = new Option<string?>("--name") { Description = "The run's name. Without it, the settings file's.", HelpName = "NAME" };
        var folder = new Option<string?>("--out") { Description = "The run goes to runs/NAME in it. Without it, results/local.", HelpName = "DIR" };
        var data = VerbOptions.Data();
        var device = VerbOptions.Device();
        var command = new Command("train", "Trains one model as a settings file says: step log, checkpoints, early stop, and a summary of what it can do.")
        {
            settings, resume, name, folder, data, device,
        };
        command.SetAction(parsed => Run(
            repository, parsed.GetValue(settings)!, parsed.GetValue(name), parsed.GetValue(resume), Path.GetFullPath(parsed.GetValue(folder) ?? repository.LocalResults),
            VerbOptions.DataFolder(repository, parsed.GetValue(data)), parsed.GetValue(device)!, output));
        return command;
    }

    private static int Run(Repository repository, string file, string? name, bool resume, string folder, string data, string device, TextWriter output)
    {
        var (head, settings) = TrainingRunSettings.Read(file);
        OutputFolder.Check(folder);
        TorchRuntime.Initialize(device);
        var run = new TrainingRun(folder, name ?? NameOf(file), head, settings, data);
        if (resume && run.IsFinished)
        {
            output.WriteLine($"{run.Folder} has ended; its summary.json has the results");
            return ExitCodes.Success;
        }

        output.WriteLine($"{head.Paper}: {head.Duration} on {head.Hardware}; to be expected: {head.Expect}");
        var trained = run.Train(resume, output.WriteLine);
        if (trained.Interrupted)
        {
            output.WriteLine(FormattableString.Invariant($"stopped after step {trained.Steps.Count}; the same command with --resume goes on"));
            return ExitCodes.Interrupted;
        }

        if (trained.StoppedEarly) output.WriteLine(FormattableString.Invariant($"stopped early: the validation loss has not fallen since epoch {trained.Best!.Epoch + 1}"));
        output.WriteLine(run.Finish(trained));
        output.WriteLine($"the run is in {run.Folder}");
        return ExitCodes.Success;
    }

    // config.json is what every run's settings are called.
    private static string NameOf(string file) =>
        Path.GetFileName(file) == "config.json" ? Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(file)))! : Path.GetFileNameWithoutExtension(file);
}
