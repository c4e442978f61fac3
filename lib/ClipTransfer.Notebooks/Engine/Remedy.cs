using Microsoft.CodeAnalysis;

namespace ClipTransfer.Notebooks.Engine;

/// <summary>What to do about an error whose own message does not say it.</summary>
internal static class Remedy
{
    private const string Anyway = "Correct the line and run the cell again.";

    /// <summary>The remedy for a compile error.</summary>
    public static string For(Diagnostic error) => error.Id switch
    {
        "CS0103" => "Run the cell that declares the name first, or check the spelling.",
        "CS0246" or "CS0234" => "Run the cells with `#r` and `using` first (the first ones of the notebook), or check the spelling.",
        "CS1061" or "CS0117" => "Check the spelling: Tab after the dot lists what there is.",
        "CS1501" or "CS7036" or "CS1503" or "CS1739" => "Shift+Tab on the name shows which arguments it takes.",
        "CS1002" or "CS1513" or "CS1026" or "CS1003" or "CS1525" or "CS1733" => "A sign is missing or too much at the mark, or just before it.",
        "CS0029" or "CS0266" => "Give the value another type, or the variable (`var` takes the value's own).",
        _ => Anyway,
    };

    /// <summary>The remedy for an exception.</summary>
    public static string For(Exception error) => error switch
    {
        NullReferenceException => "Something on this line has no value yet: run the cells above it first.",
        IndexOutOfRangeException or ArgumentOutOfRangeException => "An index or a size on this line does not fit: show the list's Count, then correct it.",
        KeyNotFoundException => "Show the dictionary's Keys to see which names there are.",
        OutOfMemoryException => "Take a smaller size or batch, or restart the kernel to free what earlier cells hold.",
        DllNotFoundException or BadImageFormatException => "Run `dotnet run reproduce.cs -- describe`: it says which native library is missing.",
        FileNotFoundException or DirectoryNotFoundException => "Check the path: it is relative to the notebook's folder.",
        ObjectDisposedException => "Run the cell that makes the object again: it was closed.",
        _ => "Correct the cell and run it again; if it depends on others, run those above it first.",
    };
}
