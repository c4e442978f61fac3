using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ClipTransfer.Notebooks.Engine;

/// <summary>Tells what is known of a name in a cell: its declaration, and the documentation that was written for it.</summary>
internal static class CodeInspection
{
    private static readonly SymbolDisplayFormat _declaration = new(
        typeQualificationStyle: SymbolDisplayTypeQualificationStyle.NameAndContainingTypes,
        genericsOptions: SymbolDisplayGenericsOptions.IncludeTypeParameters,
        memberOptions: SymbolDisplayMemberOptions.IncludeContainingType | SymbolDisplayMemberOptions.IncludeParameters | SymbolDisplayMemberOptions.IncludeType,
        parameterOptions: SymbolDisplayParameterOptions.IncludeType | SymbolDisplayParameterOptions.IncludeName | SymbolDisplayParameterOptions.IncludeDefaultValue | SymbolDisplayParameterOptions.IncludeParamsRefOut,
        localOptions: SymbolDisplayLocalOptions.IncludeType,
        kindOptions: SymbolDisplayKindOptions.IncludeTypeKeyword | SymbolDisplayKindOptions.IncludeNamespaceKeyword,
        miscellaneousOptions: SymbolDisplayMiscellaneousOptions.UseSpecialTypes | SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    /// <summary>The text for the name at a position, in UTF-16 units; inside an argument list, for what is called. Null if there is nothing to tell.</summary>
    /// <param name="analyse">Makes a piece of code out of text.</param>
    /// <param name="code">The cell's code.</param>
    /// <param name="position">The place in it.</param>
    public static string? At(Func<string, CSharpCompilation> analyse, string code, int position)
    {
        position = Math.Clamp(position, 0, code.Length);
        var symbols = Symbols(analyse(code), position);
        // A call that is being written may read like the start of something else: look at what stands before its bracket alone.
        if (symbols.Count == 0 && NameBefore(code, position) is > 0 and var end) symbols = Symbols(analyse(code[..end]), end);
        if (symbols.Count == 0) return null;
        // A variable is worth what its type is worth.
        var documented = symbols[0] is IFieldSymbol { ContainingType.IsScriptClass: true, Type: { } type } ? type : symbols[0];
        var declarations = symbols.Take(8).Select(symbol => symbol.ToDisplayString(_declaration));
        return string.Join("\n", [.. declarations, .. DocComment.Lines(documented)]);
    }

    /// <summary>The end of the name at a position or, inside brackets, before them; -1 if there is none.</summary>
    private static int NameBefore(string code, int position)
    {
        if (position > 0 && SyntaxFacts.IsIdentifierPartCharacter(code[position - 1]))
        {
            while (position < code.Length && SyntaxFacts.IsIdentifierPartCharacter(code[position])) position++;
            return position;
        }

        for (var (at, open) = (position - 1, 0); at >= 0; at--)
        {
            open += code[at] switch { ')' => 1, '(' => -1, _ => 0 };
            if (open < 0) return at;
        }

        return -1;
    }

    private static IReadOnlyList<ISymbol> Symbols(CSharpCompilation compilation, int position)
    {
        var tree = compilation.SyntaxTrees[0];
        var (model, root) = (compilation.GetSemanticModel(tree), tree.GetCompilationUnitRoot());
        if (root.FullSpan.Length == 0) return [];
        position = Math.Clamp(position, 0, root.FullSpan.Length - 1);
        var token = root.FindToken(position);
        if (!token.IsKind(SyntaxKind.IdentifierToken) || position < token.SpanStart) token = root.FindToken(Math.Max(0, position - 1));
        if (token.IsKind(SyntaxKind.IdentifierToken) && Known(model, token.Parent!) is { Count: > 0 } found) return found;
        foreach (var node in token.Parent?.AncestorsAndSelf() ?? [])
        {
            if (node is ArgumentListSyntax { Parent: InvocationExpressionSyntax call }) return Known(model, call.Expression);
            if (node is ArgumentListSyntax { Parent: ObjectCreationExpressionSyntax made }) return Known(model, made.Type);
        }

        return [];
    }

    private static IReadOnlyList<ISymbol> Known(SemanticModel model, SyntaxNode node)
    {
        if (model.GetDeclaredSymbol(node) is { } declared) return [declared];
        if (node is not ExpressionSyntax expression) return [];
        var info = model.GetSymbolInfo(expression);
        if (info.Symbol is { } symbol && symbol is not IMethodSymbol) return [symbol];
        // All overloads, the one that is meant first.
        var group = model.GetMemberGroup(expression);
        return [.. new[] { info.Symbol }.OfType<ISymbol>().Concat(info.CandidateSymbols).Concat(group).Distinct(SymbolEqualityComparer.Default).OfType<ISymbol>()];
    }
}
