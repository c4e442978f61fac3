using System.CommandLine;
using ClipTransfer.Notebooks.Running;
using ClipTransfer.Results;
using ClipTransfer.Training.Distributed;

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
        var timeout = new Option<int>("--timeout")
        {
            Description = "Seconds that one of several processes (mpirun, srun) waits for another before all end.",
            DefaultValueFactory = _ => 600,
            HelpName = "SECONDS",
        };
        var command = new Command("train", "Trains one model as a settings file says: step log, checkpoints, early stop, and a summary of what it can do.")
        {
            settings, resume, name, folder, data, device, timeout,
        };
        command.SetAction(parsed =>
        {
            var (file, into) = (parsed.GetValue(settings)!, Path.GetFullPath(parsed.GetValue(folder) ?? repository.LocalResults));
            var sets = VerbOptions.DataFolder(repository, parsed.GetValue(data));
            var patience = TimeSpan.FromSeconds(Math.Max(1, parsed.GetValue(timeout)));
            return Launch.Run(patience, parsed.InvocationConfiguration.Error, ExitCodes.BadInput, across =>
            {
                var (head, read) = TrainingRunSettings.Read(file);
                if (across.Rank == 0) OutputFolder.Check(into);
                Launch.InitializeTorch(parsed.GetValue(device)!, across);
                var carrier = NcclCommunicator.Over(across, patience);
                var run = new TrainingRun(into, parsed.GetValue(name) ?? NameOf(file), head, read, sets);
                var code = Run(run, head, parsed.GetValue(resume), carrier, across.Rank == 0 ? output : TextWriter.Null);
                if (carrier != across) carrier.Dispose();
                return code;
            });
        });
        return command;
    }

    private static int Run(TrainingRun run, RunHead head, bool resume, ICommunicator across, TextWriter output)
    {
        if (across.OfFirst(resume && run.IsFinished ? "ended" : "") == "ended")
        {
            output.WriteLine($"{run.Folder} has ended; its summary.json has the results");
            return ExitCodes.Success;
        }

        output.WriteLine($"{head.Paper}: {head.Duration} on {head.Hardware}; to be expected: {head.Expect}");
        if (across.Size > 1) output.WriteLine(across.Description);
        var trained = run.Train(resume, output.WriteLine, across);
        if (trained.Interrupted)
        {
            output.WriteLine(FormattableString.Invariant($"stopped after step {trained.Steps.Count}; the same command with --resume goes on"));
            return ExitCodes.Interrupted;
        }

        if (trained.StoppedEarly) output.WriteLine(FormattableString.Invariant($"stopped early: the validation loss has not fallen since epoch {trained.Best!.Epoch + 1}"));
        if (across.Rank != 0) return ExitCodes.Success;
        output.WriteLine(run.Finish(trained));
        output.WriteLine($"the run is in {run.Folder}");
        return ExitCodes.Success;
    }

    // config.json is what every run's settings are called.
    private static string NameOf(string file) =>
        Path.GetFileName(file) == "config.json" ? Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(file)))! : Path.GetFileNameWithoutExtension(file);
}
