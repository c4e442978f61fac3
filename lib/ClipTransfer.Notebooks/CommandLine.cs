using System.CommandLine;
using ClipTransfer.Notebooks.Kernel;
using ClipTransfer.Notebooks.Running;
using ClipTransfer.Notebooks.Verbs;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks;

/// <summary>The verbs of <c>dotnet run reproduce.cs -- …</c>.</summary>
public static class CommandLine
{
    /// <summary>Runs one command line; returns the exit code.</summary>
    /// <param name="args">The words after <c>--</c>.</param>
    /// <param name="root">The repository's root; null looks for it upwards from the current folder.</param>
    public static Task<int> InvokeAsync(string[] args, string? root = null)
    {
        if (args is not [Worker.Verb, ..]) MemoryAllocator.Prefer(); // the worker inherits it
        return InvokeAsync(args, root, Console.Out, Console.Error);
    }

    /// <summary>Runs one command line with outputs of the caller's choice.</summary>
    internal static async Task<int> InvokeAsync(string[] args, string? root, TextWriter output, TextWriter errors)
    {
        // The worker is started by this program for this program: no parsing, no repository, no time lost.
        if (args is [Worker.Verb, var pipe, var folder]) return await Worker.RunAsync(pipe, folder).ConfigureAwait(false);
        try
        {
            if (args is [JupyterKernel.Verb, var connection])
            {
                // A cell may have left threads behind that would keep the process alive.
                Environment.Exit(JupyterKernel.Run(connection));
            }

            return await InvokeVerbAsync(args, Repository.Find(root), output, errors).ConfigureAwait(false);
        }
        catch (InputException error)
        {
            await errors.WriteLineAsync(error.Message).ConfigureAwait(false);
            return ExitCodes.BadInput;
        }
        catch (OperationCanceledException) when (Interrupt.Token.IsCancellationRequested)
        {
            await errors.WriteLineAsync("stopped").ConfigureAwait(false);
            return ExitCodes.Interrupted;
        }
    }

    private static async Task<int> InvokeVerbAsync(string[] args, Repository repository, TextWriter output, TextWriter errors)
    {
        var commands = new RootCommand("Reproduces \"Understanding Transferable Representation Learning and Zero-shot Transfer in CLIP\" (arXiv 2310.00927) in C# notebooks.")
        {
            RunVerb.Create(repository, output),
            ReportVerb.Create(repository, output),
            ListVerb.Create(repository, output),
            SetupVerb.Create(repository, output),
            PublishVerb.Create(repository, output),
            DataVerbs.Create(repository, output),
            DescribeVerb.Create(output),
            SweepVerb.Create(repository, output),
            TrainVerb.Create(repository, output),
            EvaluateVerb.Create(repository, output),
            KernelVerb.Create(repository, output),
        };

        // `run` is the default verb, and its options may stand alone.
        if (args.Length == 0 || (args[0].StartsWith('-') && !IsHelp(args[0]))) args = ["run", .. args];
        if (!args[0].StartsWith('-') && commands.Subcommands.All(verb => verb.Name != args[0]))
        {
            await errors.WriteLineAsync($"{args[0]}: there is no such verb. There are {string.Join(", ", commands.Subcommands.Select(verb => verb.Name))}; --help says more.").ConfigureAwait(false);
            return ExitCodes.BadInput;
        }

        var parsed = commands.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            await errors.WriteLineAsync($"{parsed.Errors[0].Message} See `{parsed.CommandResult.Command.Name} --help`.").ConfigureAwait(false);
            return ExitCodes.BadInput;
        }

        return await parsed.InvokeAsync(new InvocationConfiguration
        {
            Output = output,
            Error = errors,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null, // Interrupt listens to Ctrl-C
        }).ConfigureAwait(false);
    }

    private static bool IsHelp(string argument) => argument is "--help" or "-h" or "-?" or "/?" or "--version";
}
