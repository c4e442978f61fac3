using System.CommandLine;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Verbs;

/// <summary><c>describe</c>: the device, threads and library versions that notebooks will use, found by loading them.</summary>
internal static class DescribeVerb
{
    /// <summary>The verb with its option.</summary>
    public static Command Create(TextWriter output)
    {
        var device = new Option<string>("--device") { Description = "auto, cpu, cuda or cuda:N.", DefaultValueFactory = _ => "auto", HelpName = "DEVICE" };
        var command = new Command("describe", "Tells device, threads and library versions: the first thing to run when something does not load.") { device };
        command.SetAction(parsed =>
        {
            var found = TorchRuntime.Initialize(parsed.GetValue(device)!);
            output.WriteLine($"device      {found.Device}, {found.Threads} threads");
            output.WriteLine($"processor   {found.Processor}");
            output.WriteLine($"system      {found.System}");
            output.WriteLine($".NET        {found.DotNet}");
            output.WriteLine($"TorchSharp  {found.TorchSharp}");
            output.WriteLine($"libtorch    {found.LibTorch}");
            output.WriteLine($"allocator   {MemoryAllocator.Name}");
            output.WriteLine($"precision   {found.Precision}; auto would take {PrecisionPolicy.Choose(Precision.Auto)}");
        });
        return command;
    }
}
