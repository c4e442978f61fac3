using System.Reflection;
using System.Reflection.Emit;
using ClipTransfer.Notebooks;
using ClipTransfer.Plots;
using ClipTransfer.Runtime;

namespace ClipTransfer.Tests;

/// <summary>The arrows between the rooms, read from the compiled code: what a method calls counts, not only what a file imports.</summary>
public class ArchitectureTests
{
    /// <summary>Room → the rooms that it may use: those below it, and within one storey the two neighbours named here.</summary>
    private static readonly Dictionary<string, string[]> _allowed = new(StringComparer.Ordinal)
    {
        ["Runtime"] = [],
        ["Theory"] = ["Runtime"],
        ["Text"] = ["Runtime"],
        ["Data"] = ["Text", "Runtime"],
        ["Losses"] = ["Data", "Text", "Runtime"],
        ["Models"] = ["Losses", "Data", "Text", "Runtime"],
        ["Training"] = ["Losses", "Models", "Data", "Text", "Runtime"],
        ["Evaluation"] = ["Theory", "Losses", "Models", "Data", "Text", "Runtime"],
        ["Results"] = ["Evaluation", "Training", "Theory", "Losses", "Models", "Data", "Text", "Runtime"],
    };

    private static readonly Dictionary<short, OpCode> _opCodes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => code.Value);

    [Fact]
    public void No_room_uses_a_room_above_it()
    {
        var edges = Edges(typeof(InputException).Assembly).ToArray();
        Assert.Contains(edges, edge => edge is { From: "Data", To: "Runtime" }); // the reader does see calls
        Assert.Empty(Breaches(edges));
    }

    [Fact]
    public void An_arrow_that_points_upwards_or_to_an_unknown_room_is_found()
    {
        Assert.Equal(
            ["Runtime → Data (A)", "Theory → Models (B)", "Unknown → Runtime (C)", "Losses → Models (D)"],
            Breaches([("Runtime", "Data", "A"), ("Theory", "Models", "B"), ("Unknown", "Runtime", "C"), ("Losses", "Models", "D"), ("Evaluation", "Theory", "E")]));
        // The reader follows calls in bodies, lambdas and generic arguments of this very assembly.
        var own = Edges(typeof(ArchitectureTests).Assembly, "ClipTransfer.Tests.").ToArray();
        Assert.Contains(own, edge => edge is { From: "Notebooks", To: "Notebooks" } or { From: "Notebooks", To: "" });
    }

    [Fact]
    public void The_libraries_depend_on_each_other_one_way_and_one_alone_knows_a_chart()
    {
        var library = References(typeof(InputException).Assembly);
        var plots = References(typeof(Figure).Assembly);
        var notebooks = References(typeof(CommandLine).Assembly);
        Assert.DoesNotContain(library, name => name.StartsWith("ClipTransfer", StringComparison.Ordinal));
        Assert.Equal(["ClipTransfer"], plots.Where(name => name.StartsWith("ClipTransfer", StringComparison.Ordinal)));
        Assert.DoesNotContain(library.Concat(notebooks), name => name.StartsWith("Plotly", StringComparison.Ordinal) || name == "FSharp.Core");
        Assert.Contains("Plotly.NET", plots);
        Assert.DoesNotContain(library.Concat(plots), name => name.StartsWith("Microsoft.CodeAnalysis", StringComparison.Ordinal) || name == "System.CommandLine");
    }

    [Fact]
    public void Every_type_of_the_library_stands_in_the_namespace_of_a_room()
    {
        var strangers = typeof(InputException).Assembly.GetTypes()
            .Where(type => type.Namespace is { } space && space.StartsWith("ClipTransfer", StringComparison.Ordinal) && !_allowed.ContainsKey(Room(type, "ClipTransfer.") ?? ""));
        Assert.Empty(strangers);
    }

    private static IReadOnlyList<string> References(Assembly assembly) => [.. assembly.GetReferencedAssemblies().Select(name => name.Name!)];

    private static IReadOnlyList<string> Breaches(IEnumerable<(string From, string To, string Where)> edges) =>
        [.. edges.Where(edge => edge.From != edge.To && !(_allowed.TryGetValue(edge.From, out var below) && below.Contains(edge.To)))
            .Select(edge => $"{edge.From} → {edge.To} ({edge.Where})").Distinct()];

    /// <summary>Who uses whom: from each type's own declaration, its members' signatures, and what their code touches.</summary>
    private static IEnumerable<(string From, string To, string Where)> Edges(Assembly assembly, string prefix = "ClipTransfer.")
    {
        const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        foreach (var type in assembly.GetTypes())
        {
            if (Room(type, prefix) is not { } from) continue;
            var used = new List<Type?> { type.BaseType };
            used.AddRange(type.GetInterfaces());
            used.AddRange(type.GetFields(All).Select(field => field.FieldType));
            foreach (var method in type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)))
            {
                used.AddRange(method.GetParameters().Select(parameter => parameter.ParameterType));
                if (method is MethodInfo info) used.Add(info.ReturnType);
                used.AddRange(Touched(method));
            }

            foreach (var to in used.SelectMany(Parts).Where(other => other.Assembly == assembly).Select(other => Room(other, prefix)).OfType<string>().Distinct())
                yield return (from, to, type.FullName!);
        }
    }

    /// <summary>A type, and the types that it is made of.</summary>
    private static IEnumerable<Type> Parts(Type? type)
    {
        if (type is null) yield break;
        yield return type;
        if (type.HasElementType)
        {
            foreach (var part in Parts(type.GetElementType())) yield return part;
        }

        foreach (var part in type.GetGenericArguments().Where(argument => !argument.IsGenericParameter).SelectMany(Parts)) yield return part;
    }

    private static IEnumerable<Type?> Touched(MethodBase method)
    {
        if (method.GetMethodBody() is not { } body) yield break;
        foreach (var local in body.LocalVariables) yield return local.LocalType;
        var code = body.GetILAsByteArray() ?? [];
        var typeArguments = method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null;
        var methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        for (var at = 0; at < code.Length;)
        {
            short value = code[at++];
            if (value == 0xFE) value = (short)(0xFE00 | code[at++]);
            var opCode = _opCodes[value];
            if (opCode.OperandType is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType or OperandType.InlineTok)
            {
                var member = method.Module.ResolveMember(BitConverter.ToInt32(code, at), typeArguments, methodArguments);
                yield return member as Type ?? member?.DeclaringType;
                if (member is MethodInfo { IsGenericMethod: true } generic)
                {
                    foreach (var argument in generic.GetGenericArguments()) yield return argument;
                }
            }

            at += opCode.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                _ => 4,
            };
        }
    }

    private static string? Room(Type type, string prefix)
    {
        while (type.DeclaringType is { } outer) type = outer;
        if (type.Namespace is null || !(type.Namespace + ".").StartsWith(prefix, StringComparison.Ordinal)) return null;
        return type.Namespace.Length < prefix.Length ? "" : type.Namespace[prefix.Length..].Split('.')[0];
    }
}
