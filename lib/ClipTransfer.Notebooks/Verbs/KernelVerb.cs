using System.CommandLine;
using ClipTransfer.Notebooks.Kernel;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Verbs;

/// <summary><c>kernel install|uninstall|list</c>: tells Jupyter of our kernel.</summary>
internal static class KernelVerb
{
    /// <summary>The verb with its sub-verbs.</summary>
    public static Command Create(Repository repository, TextWriter output)
    {
        var prefix = new Option<string?>("--prefix") { Description = "Below this folder (a virtual environment, /usr/local) instead of the user's own.", HelpName = "DIR" };
        var install = new Command("install", "Tells Jupyter of the kernel, so that the notebooks open with it.") { prefix };
        install.SetAction(parsed => Install(repository, parsed.GetValue(prefix), output));
        var uninstall = new Command("uninstall", "Takes that back. Other kernels stay.") { prefix };
        uninstall.SetAction(parsed => Uninstall(parsed.GetValue(prefix), output));
        var list = new Command("list", "Where Jupyter finds our kernel, and whether the program that it starts is there.") { prefix };
        list.SetAction(parsed => List(parsed.GetValue(prefix), output));
        return new Command("kernel", "The Jupyter kernel: the runner's own engine in Jupyter Notebook, JupyterLab, VS Code and nbconvert.") { install, uninstall, list };
    }

    private static int Install(Repository repository, string? prefix, TextWriter output)
    {
        var spec = KernelSpec.Install(prefix is null ? JupyterFolders.User : JupyterFolders.Under(prefix), JupyterFolders.All(), Program(repository));
        output.WriteLine($"Kernel '{spec.Name}' is in {spec.Folder}");
        output.WriteLine(spec.Name == KernelSpec.SharedName
            ? "The notebooks open with it: jupyter notebook notebooks/"
            : $"Another kernel is called '{KernelSpec.SharedName}' and stays: in Jupyter, choose \"C# (ClipTransfer)\" as the notebook's kernel.");
        output.WriteLine($"It starts {spec.Program}: build it anew after a change of the library (any `dotnet run reproduce.cs` does), then restart open kernels.");
        return ExitCodes.Success;
    }

    private static int Uninstall(string? prefix, TextWriter output)
    {
        var kernels = prefix is null ? JupyterFolders.User : JupyterFolders.Under(prefix);
        var specs = KernelSpec.Find([kernels]);
        if (specs.Count == 0) throw new InputException(kernels, "holds no kernel of ours", "`kernel list` tells where there is one; name its --prefix");
        foreach (var spec in specs)
        {
            Directory.Delete(spec.Folder, recursive: true);
            output.WriteLine($"Kernel '{spec.Name}' is no longer in {spec.Folder}");
        }

        return ExitCodes.Success;
    }

    private static int List(string? prefix, TextWriter output)
    {
        var specs = KernelSpec.Find(prefix is null ? JupyterFolders.All() : [JupyterFolders.Under(prefix)]);
        if (specs.Count == 0) output.WriteLine("No kernel of ours is installed: `kernel install` does it.");
        foreach (var spec in specs)
            output.WriteLine($"{spec.Name}  {spec.Folder}\n    starts {spec.Program}{(File.Exists(spec.Program) ? "" : ", which is not there: `kernel install` again")}");
        return ExitCodes.Success;
    }

    /// <summary>
    /// The build in the clone, which every build of the library renews. What runs now may be a copy: `dotnet run reproduce.cs` runs one in a folder
    /// that the SDK empties from time to time.
    /// </summary>
    private static string Program(Repository repository)
    {
        var running = typeof(KernelVerb).Assembly.Location;
        var built = Path.Combine(repository.Root, "lib", "ClipTransfer.Notebooks", "bin", "Release", "net10.0", Path.GetFileName(running));
        return File.Exists(built) ? built : running;
    }
}
