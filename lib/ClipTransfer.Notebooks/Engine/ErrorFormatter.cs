using System.Diagnostics;
using System.Globalization;
using ClipTransfer.Notebooks.Documents;
using ClipTransfer.Runtime;
using Microsoft.CodeAnalysis;

namespace ClipTransfer.Notebooks.Engine;

/// <summary>Turns what stopped a cell into one readable message: what, where in the cell, what to do; the stack apart from it.</summary>
internal static class ErrorFormatter
{
    private const int MostCompileErrors = 5;
    private const int MostFrames = 15;

    /// <summary>Describes an error.</summary>
    /// <param name="error">What was thrown.</param>
    /// <param name="place">What the cell is called, which is also its file's name in stack traces.</param>
    /// <param name="source">The cell's text, to show the line; null if it is not at hand.</param>
    public static ErrorOutput Describe(Exception error, string place, string? source)
    {
        error = Unwrap(error);
        return error switch
        {
            CompileException compile => Compile(compile, source),
            CellSyntaxException syntax => Build("CellError", syntax.Message, $"{place} line {Number(syntax.Line)}", Line(source, syntax.Line), null, []),
            InputException input => Input(input, place, source),
            _ => Thrown(error, place, source),
        };
    }

    private static Exception Unwrap(Exception error)
    {
        while (true)
        {
            if (error is System.Reflection.TargetInvocationException { InnerException: { } inner }) error = inner;
            else if (error is AggregateException { InnerExceptions: [var only] }) error = only;
            // A type initialiser's own message says nothing; what it could not do stands inside.
            else if (error is TypeInitializationException { InnerException: InputException cause }) error = cause;
            else return error;
        }
    }

    private static ErrorOutput Compile(CompileException compile, string? source)
    {
        var lines = new List<string>();
        foreach (var diagnostic in compile.Errors.Take(MostCompileErrors))
        {
            var position = diagnostic.Location.GetMappedLineSpan();
            var line = position.StartLinePosition.Line + 1;
            lines.Add($"{position.Path} line {Number(line)}: {Message(diagnostic, source, line)} ({diagnostic.Id})");
            if (diagnostic.Location.SourceTree is { } tree)
            {
                var text = tree.GetText().Lines[diagnostic.Location.GetLineSpan().StartLinePosition.Line].ToString();
                lines.Add($"    {text}");
                lines.Add($"    {new string(' ', Math.Min(position.StartLinePosition.Character, text.Length))}^");
            }
        }

        if (compile.Errors.Count > MostCompileErrors) lines.Add($"… and {Number(compile.Errors.Count - MostCompileErrors)} more");
        if (compile.Errors.Count > 0) lines.Add(Remedy.For(compile.Errors[0]));
        return new ErrorOutput("CompileError", lines.Count > 0 ? lines[0] : compile.Message, lines);
    }

    private static string Message(Diagnostic diagnostic, string? source, int line)
    {
        // What Roslyn says of a stray '#!' or '#r' helps nobody.
        if (Line(source, line)?.TrimStart() is { } text && (text.StartsWith("#!", StringComparison.Ordinal) || text.StartsWith("#r", StringComparison.Ordinal)))
            return $"`{text.Trim()}` must stand above all code of its cell";
        return diagnostic.GetMessage(CultureInfo.InvariantCulture);
    }

    private static ErrorOutput Input(InputException input, string place, string? source)
    {
        // The message alone is the error; where the cell called for it goes below, for who wants to know.
        var line = LineOf(input, place);
        List<string> trace = [input.Message];
        if (line > 0) trace.Add($"{place} line {Number(line)}: {Line(source, line)?.Trim()}");
        return new ErrorOutput(nameof(InputException), input.Message, trace);
    }

    private static ErrorOutput Thrown(Exception error, string place, string? source)
    {
        var line = LineOf(error, place);
        var frames = new List<string>();
        for (var inner = error.InnerException; inner is not null; inner = inner.InnerException)
            frames.Add($"because of {inner.GetType().Name}: {inner.Message.ReplaceLineEndings(" ")}");
        frames.AddRange(Frames(error));
        return Build(error.GetType().Name, error.Message, line > 0 ? $"{place} line {Number(line)}" : place, Line(source, line), Remedy.For(error), frames);
    }

    private static ErrorOutput Build(string name, string message, string where, string? code, string? remedy, IReadOnlyList<string> stack)
    {
        List<string> trace = [$"{where}: {name}: {message}"];
        if (!string.IsNullOrWhiteSpace(code)) trace.Add($"    {code.Trim()}");
        if (remedy is not null) trace.Add(remedy);
        return new ErrorOutput(name, $"{where}: {message}", trace) { Stack = stack };
    }

    private static int LineOf(Exception error, string place)
    {
        foreach (var frame in new StackTrace(error, fNeedFileInfo: true).GetFrames())
        {
            if (frame.GetFileName() == place && frame.GetFileLineNumber() > 0) return frame.GetFileLineNumber();
        }

        return error.InnerException is { } inner ? LineOf(inner, place) : 0;
    }

    /// <summary>The stack down to the cell; what lies below it is this program.</summary>
    private static IEnumerable<string> Frames(Exception error) =>
        (error.StackTrace ?? "").Split('\n')
            .Select(frame => frame.TrimEnd())
            .Where(frame => frame.Length > 0 && !frame.Contains("System.Runtime.ExceptionServices", StringComparison.Ordinal))
            .TakeWhile(frame => !frame.Contains("ClipTransfer.Notebooks.Engine.", StringComparison.Ordinal))
            .Select(frame => frame.Replace("<<Initialize>>d__0.MoveNext()", "cell", StringComparison.Ordinal))
            .Take(MostFrames);

    private static string? Line(string? source, int line)
    {
        if (source is null || line < 1) return null;
        var lines = source.Split('\n');
        return line <= lines.Length ? lines[line - 1] : null;
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
