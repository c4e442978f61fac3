using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ClipTransfer.Notebooks.Engine;

/// <summary>Completes names in a cell, from what the compiler knows of it and of the cells before it.</summary>
internal static class CodeCompletion
{
    /// <summary>A list that nobody reads to its end only costs time.</summary>
    private const int MostItems = 400;

    private static readonly string[] _keywords =
        [.. SyntaxFacts.GetKeywordKinds().Select(SyntaxFacts.GetText).Where(word => !word.StartsWith('_')), "var", "await", "record", "with", "nameof"];

    /// <summary>The choices at a position, in UTF-16 units.</summary>
    public static CompletionList At(CSharpCompilation compilation, int position)
    {
        var tree = compilation.SyntaxTrees[0];
        var text = tree.GetText();
        position = Math.Clamp(position, 0, text.Length);
        var start = position;
        while (start > 0 && SyntaxFacts.IsIdentifierPartCharacter(text[start - 1])) start--;
        var end = position;
        while (end < text.Length && SyntaxFacts.IsIdentifierPartCharacter(text[end])) end++;
        var typed = text.ToString(new(start, position - start));

        var root = tree.GetCompilationUnitRoot();
        if (IsInText(root, position)) return new CompletionList(position, position, []);
        var model = compilation.GetSemanticModel(tree);
        var before = start == 0 ? default : TokenBefore(root, start);
        var (symbols, withKeywords) = before.Parent switch
        {
            MemberAccessExpressionSyntax access when before == access.OperatorToken => (Members(model, start, access.Expression), false),
            QualifiedNameSyntax name when before == name.DotToken => (Members(model, start, name.Left), false),
            MemberBindingExpressionSyntax { Parent: { } } binding when Receiver(binding) is { } receiver => (Members(model, start, receiver), false),
            InitializerExpressionSyntax { RawKind: (int)SyntaxKind.ObjectInitializerExpression or (int)SyntaxKind.WithInitializerExpression, Parent: ExpressionSyntax made } => (Settable(model, start, made), false),
            // A property's first letters look like the first element of a collection.
            InitializerExpressionSyntax { Parent: BaseObjectCreationExpressionSyntax made } => (Settable(model, start, made).AddRange(model.LookupSymbols(start)), true),
            _ => (model.LookupSymbols(start), true),
        };

        var choices = symbols
            .Where(symbol => symbol.CanBeReferencedByName && symbol is not IMethodSymbol { MethodKind: MethodKind.Constructor or MethodKind.StaticConstructor or MethodKind.UserDefinedOperator })
            .Select(symbol => new CompletionChoice(symbol.Name, Kind(symbol)))
            .Concat(withKeywords ? _keywords.Select(word => new CompletionChoice(word, "keyword")) : [])
            .Where(choice => choice.Text.StartsWith(typed, StringComparison.OrdinalIgnoreCase) && !choice.Text.StartsWith('<'))
            .DistinctBy(choice => choice.Text)
            .OrderByDescending(choice => choice.Text.StartsWith(typed, StringComparison.Ordinal))
            .ThenBy(choice => choice.Text, StringComparer.OrdinalIgnoreCase)
            .Take(MostItems);
        return new CompletionList(start, end, [.. choices]);
    }

    private static ImmutableArray<ISymbol> Members(SemanticModel model, int position, ExpressionSyntax left)
    {
        if (model.GetSymbolInfo(left).Symbol is INamespaceOrTypeSymbol named)
            return [.. model.LookupSymbols(position, named).Where(symbol => symbol.IsStatic || symbol is INamespaceOrTypeSymbol)];
        return model.GetTypeInfo(left).Type is { } type
            ? [.. model.LookupSymbols(position, type, includeReducedExtensionMethods: true).Where(symbol => !symbol.IsStatic && symbol is not INamespaceOrTypeSymbol)]
            : [];
    }

    /// <summary>What stands before the <c>?.</c>.</summary>
    private static ExpressionSyntax? Receiver(MemberBindingExpressionSyntax binding) =>
        binding.Ancestors().OfType<ConditionalAccessExpressionSyntax>().FirstOrDefault()?.Expression;

    private static ImmutableArray<ISymbol> Settable(SemanticModel model, int position, ExpressionSyntax made) =>
        model.GetTypeInfo(made).Type is { } type
            ? [.. model.LookupSymbols(position, type).Where(symbol => symbol is IPropertySymbol { IsStatic: false, SetMethod: not null } or IFieldSymbol { IsStatic: false, IsReadOnly: false })]
            : [];

    private static SyntaxToken TokenBefore(CompilationUnitSyntax root, int position)
    {
        var token = root.FindToken(position - 1);
        return token.SpanStart >= position ? token.GetPreviousToken() : token;
    }

    /// <summary>Inside a string or a comment there is nothing to complete.</summary>
    private static bool IsInText(CompilationUnitSyntax root, int position)
    {
        if (position == 0) return false;
        var trivia = root.FindTrivia(position - 1);
        if (trivia.IsKind(SyntaxKind.SingleLineCommentTrivia) || trivia.IsKind(SyntaxKind.MultiLineCommentTrivia)) return true;
        var token = root.FindToken(position - 1);
        return position > token.SpanStart && position < token.Span.End
            && token.Kind() is SyntaxKind.StringLiteralToken or SyntaxKind.InterpolatedStringTextToken or SyntaxKind.SingleLineRawStringLiteralToken or SyntaxKind.MultiLineRawStringLiteralToken or SyntaxKind.CharacterLiteralToken;
    }

    private static string Kind(ISymbol symbol) => symbol switch
    {
        IMethodSymbol => "method",
        IPropertySymbol => "property",
        IEventSymbol => "event",
        INamespaceSymbol => "namespace",
        INamedTypeSymbol type => type.TypeKind switch { TypeKind.Interface => "interface", TypeKind.Enum => "enum", TypeKind.Struct => "struct", TypeKind.Delegate => "delegate", _ => "class" },
        // A variable of an earlier cell is a field to the compiler.
        IFieldSymbol { ContainingType.IsScriptClass: false } => "field",
        _ => "variable",
    };
}
