using System.Globalization;
using ClipTransfer.Runtime;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ClipTransfer.Notebooks.Running;

/// <summary>The cell tagged <c>parameters</c>: which variables it declares, and of what type.</summary>
internal sealed class ParametersCell
{
    /// <summary>The tag of the cell with the defaults.</summary>
    public const string Tag = "parameters";

    /// <summary>The tag of the cell with what the command line asked for, put right after it. papermill uses the same.</summary>
    public const string InjectedTag = "injected-parameters";

    private readonly Dictionary<string, string> _kinds = new(StringComparer.Ordinal);

    private ParametersCell()
    {
    }

    /// <summary>The declared names, in order.</summary>
    public IReadOnlyList<string> Names => [.. _kinds.Keys];

    /// <summary>Reads the cell.</summary>
    public static ParametersCell Parse(string source)
    {
        var cell = new ParametersCell();
        var root = CSharpSyntaxTree.ParseText(source, new CSharpParseOptions(LanguageVersion.Latest, kind: SourceCodeKind.Script)).GetCompilationUnitRoot();
        foreach (var declaration in root.DescendantNodes().OfType<VariableDeclarationSyntax>())
        {
            foreach (var variable in declaration.Variables)
                cell._kinds[variable.Identifier.Text] = Kind(declaration.Type, variable.Initializer?.Value);
        }

        return cell;
    }

    /// <summary>The code that gives variables other values: assignments, so that their types stay.</summary>
    /// <param name="values">Name → value as written on the command line. Each name must be declared.</param>
    /// <exception cref="InputException">A value does not fit the variable's type.</exception>
    public string Inject(IEnumerable<KeyValuePair<string, string>> values) =>
        string.Join('\n', ["// Set by the command line.", .. values.Select(value => $"{value.Key} = {Literal(value.Key, value.Value)};")]);

    private string Literal(string name, string value)
    {
        var kind = _kinds[name];
        return kind switch
        {
            "string" => SymbolDisplay.FormatLiteral(value, quote: true),
            "bool" => bool.TryParse(value, out var flag) ? (flag ? "true" : "false") : throw Unfit("true or false"),
            "int" => int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) ? Number(whole) : throw Unfit("a whole number (int)"),
            "long" => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var large) ? Number(large) + "L" : throw Unfit("a whole number (long)"),
            "double" => Real("d"),
            "float" => Real("f"),
            "decimal" => Real("m"),
            // An array, an enum, a record: the value is C#.
            _ => value,
        };

        string Real(string suffix) => double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real)
            ? value.Trim() + suffix
            : throw Unfit("a number");

        string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

        InputException Unfit(string expected) => new($"--set {name}={value}", $"'{value}' is not {expected}, as the notebook's {name} is", "Give a value of that type");
    }

    private static string Kind(TypeSyntax type, ExpressionSyntax? value)
    {
        if (!type.IsVar) return type.ToString();
        while (value is PrefixUnaryExpressionSyntax sign) value = sign.Operand;
        return value switch
        {
            LiteralExpressionSyntax { Token.Value: string } or InterpolatedStringExpressionSyntax => "string",
            LiteralExpressionSyntax literal => literal.Token.Value switch
            {
                bool => "bool",
                int => "int",
                long => "long",
                double => "double",
                float => "float",
                decimal => "decimal",
                _ => "",
            },
            _ => "",
        };
    }
}
