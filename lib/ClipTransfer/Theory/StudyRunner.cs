using System.Runtime.ExceptionServices;
using ClipTransfer.Runtime;
using static TorchSharp.torch;

namespace ClipTransfer.Theory;

/// <summary>Runs many small studies side by side: one thread a core, each with single-threaded tensors.</summary>
/// <remarks>
/// Matrices of a few hundred numbers gain nothing from two threads within one product; two seeds at once gain a factor of two. With one
/// thread each, a study's numbers do not depend on how many cores there are, nor on what runs beside it.
/// </remarks>
public static class StudyRunner
{
    /// <summary>One study for every setting and seed, grouped by setting: the shape of a figure with bands.</summary>
    /// <param name="settings">What varies along the axis.</param>
    /// <param name="seeds">Repetitions of each.</param>
    /// <param name="study">Must return plain numbers: its tensors are gone when it ends.</param>
    public static IReadOnlyList<IReadOnlyList<TResult>> Grid<TSetting, TResult>(
        IReadOnlyList<TSetting> settings, IReadOnlyList<long> seeds, Func<TSetting, long, TResult> study)
    {
        var jobs = settings.SelectMany(setting => seeds.Select(seed => (setting, seed))).ToArray();
        var results = Run(jobs, job => study(job.setting, job.seed));
        return [.. results.Chunk(seeds.Count)];
    }

    /// <summary>One study for each item, in the order of the items.</summary>
    /// <param name="items">What to study.</param>
    /// <param name="study">Must return plain numbers: its tensors are gone when it ends.</param>
    /// <exception cref="OperationCanceledException">Ctrl-C was pressed.</exception>
    public static IReadOnlyList<TResult> Run<TItem, TResult>(IReadOnlyList<TItem> items, Func<TItem, TResult> study)
    {
        var results = new TResult[items.Count];
        var next = -1;
        ExceptionDispatchInfo? failure = null;
        var done = 0;
        var progress = new ProgressLine("Running", items.Count, "studies");
        var threadsBefore = get_num_threads();
        // New threads take this number when they first touch a tensor; those of the pool would keep it for ever.
        set_num_threads(1);
        try
        {
            var workers = Enumerable.Range(0, Math.Min(Environment.ProcessorCount, items.Count)).Select(_ => new Thread(Work)).ToArray();
            foreach (var worker in workers) worker.Start();
            foreach (var worker in workers) worker.Join();
        }
        finally
        {
            set_num_threads(threadsBefore);
        }
        // What is over before anyone could look leaves no line behind.
        if (progress.IsShown) progress.Finish();
        failure?.Throw();
        Interrupt.Token.ThrowIfCancellationRequested();
        return results;

        void Work()
        {
            set_num_threads(1);
            for (int at; failure is null && !Interrupt.Token.IsCancellationRequested && (at = Interlocked.Increment(ref next)) < items.Count;)
            {
                try
                {
                    using var scope = NewDisposeScope();
                    using var noGradient = no_grad();
                    results[at] = study(items[at]);
                    progress.Report(Interlocked.Increment(ref done));
                }
#pragma warning disable CA1031 // Whatever a study throws is thrown again on the caller's thread.
                catch (Exception error)
#pragma warning restore CA1031
                {
                    Interlocked.CompareExchange(ref failure, ExceptionDispatchInfo.Capture(error), null);
                }
            }
        }
    }
}
