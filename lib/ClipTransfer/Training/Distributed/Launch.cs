using System.Globalization;
using ClipTransfer.Runtime;
using TorchSharp;

namespace ClipTransfer.Training.Distributed;

/// <summary>How this process was started, and with whom.</summary>
public static class Launch
{
    /// <summary>How long one waits for another outside of training: decoding a large set, or evaluating, takes hours.</summary>
    internal static readonly TimeSpan StartPatience = TimeSpan.FromHours(6);

    // Open MPI, MPICH and Intel MPI, SLURM (a job step, not the batch script), MS-MPI.
    private static readonly string[] _sizes = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"];
    private static readonly string[] _ranks = ["OMPI_COMM_WORLD_RANK", "PMI_RANK", "SLURM_PROCID"];

    /// <summary>How many processes a launcher (<c>mpirun</c>, <c>srun</c>) says it started; null where none started this one.</summary>
    public static int? Processes => Number(_sizes);

    /// <summary>Joins the other processes; one that was started alone has none, and needs no MPI.</summary>
    /// <param name="patience">How long one waits for another while they train.</param>
    /// <exception cref="InputException">Several were started, and no MPI that fits is installed.</exception>
    public static ICommunicator Join(TimeSpan patience) => Processes is null or 1 ? new SingleProcess() : new MpiCommunicator(patience);

    /// <summary>Makes TorchSharp ready. Of several processes on a machine with GPUs each takes the one of its number, unless a number was asked for.</summary>
    /// <exception cref="InputException">A native library or the wanted device is missing.</exception>
    public static void InitializeTorch(string device, ICommunicator across)
    {
        TorchRuntime.Initialize(device);
        if (across.Size > 1 && TorchRuntime.Device.type == DeviceType.CUDA && device is ("auto" or "cuda"))
            TorchRuntime.Initialize(string.Create(CultureInfo.InvariantCulture, $"cuda:{across.LocalRank % torch.cuda.device_count()}"));
    }

    /// <summary>Does a program's work in every process, and ends all of them with one message when one of them cannot go on.</summary>
    /// <param name="patience">How long one waits for another while they train.</param>
    /// <param name="errors">Where the message goes.</param>
    /// <param name="code">The exit code of an error.</param>
    /// <param name="work">The work; returns the exit code.</param>
    public static int Run(TimeSpan patience, TextWriter errors, int code, Func<ICommunicator, int> work)
    {
        ICommunicator? across = null;
        try
        {
            across = Join(patience);
            var result = work(across);
            across.Dispose();
            return result;
        }
        catch (InputException error) when (across is null && Processes > 1)
        {
            if (Number(_ranks) is null or 0) errors.WriteLine(error.Message); // as on every machine, in all likelihood
            return code;
        }
        catch (Exception error) when (across?.Size > 1)
        {
            // What all find wrong is told once: the first one ends the others while they hold their message back.
            Thread.Sleep(TimeSpan.FromMilliseconds(Math.Min(250 * across.Rank, 5000)));
            var message = error is InputException ? error.Message : error is OperationCanceledException ? "stopped" : error.ToString();
            errors.WriteLine(string.Create(CultureInfo.InvariantCulture, $"rank {across.Rank} of {across.Size} on {Environment.MachineName}: {message}"));
            errors.Flush();
            across.Abort(code);
            return code;
        }
    }

    private static int? Number(string[] variables) => variables.Select(Environment.GetEnvironmentVariable).FirstOrDefault(value => value is { Length: > 0 }) is { } text
        && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
