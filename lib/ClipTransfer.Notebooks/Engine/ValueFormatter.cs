using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;

namespace ClipTransfer.Notebooks.Engine;

/// <summary>Shows a value: as HTML where its type says how, else as text that looks inside collections and records.</summary>
public static class ValueFormatter
{
    private const int MostItems = 20;
    private const int MostDepth = 4;
    private const int MostLength = 20_000;

    /// <summary>The value in every form that it has.</summary>
    /// <param name="value">Any value.</param>
    /// <param name="mimeType">Shows the value's text as this type only; null lets the type decide.</param>
    public static IReadOnlyDictionary<string, JsonNode> Format(object? value, string? mimeType = null)
    {
        var forms = new Dictionary<string, JsonNode>(StringComparer.Ordinal);
        var html = Html(value);
        if (mimeType is not null)
        {
            forms[mimeType] = JsonValue.Create(mimeType == "text/html" && html is not null ? html : Text(value));
            return forms;
        }

        if (html is not null) forms["text/html"] = JsonValue.Create(html);
        forms["text/plain"] = JsonValue.Create(html is null || OverridesToString(value!.GetType()) ? Text(value) : value.GetType().Name);
        return forms;
    }

    /// <summary>The value as plain text.</summary>
    public static string Text(object? value)
    {
        if (value is string text) return text; // alone, without quotes
        var builder = new StringBuilder();
        Append(builder, value, 0);
        return builder.Length <= MostLength ? builder.ToString() : builder.ToString(0, MostLength) + " …";
    }

    /// <summary>The convention that every engine follows: a public method <c>string ToHtml()</c>.</summary>
    private static string? Html(object? value)
    {
        var method = value?.GetType().GetMethod("ToHtml", BindingFlags.Instance | BindingFlags.Public, Type.EmptyTypes);
        if (method is null || method.ReturnType != typeof(string)) return null;
        return method.CreateDelegate<Func<string?>>(value)();
    }

    private static void Append(StringBuilder builder, object? value, int depth)
    {
        if (builder.Length > MostLength) return;
        switch (value)
        {
            case null:
                builder.Append("null");
                break;
            case string text:
                builder.Append('"').Append(text).Append('"');
                break;
            case char or bool or Enum or Type:
                builder.Append(value);
                break;
            case IFormattable number when !IsRecord(value.GetType()) && value is not ITuple:
                builder.Append(number.ToString(null, CultureInfo.InvariantCulture));
                break;
            case ITuple tuple:
                builder.Append('(');
                for (var i = 0; i < tuple.Length; i++)
                {
                    if (i > 0) builder.Append(", ");
                    Append(builder, tuple[i], depth + 1);
                }

                builder.Append(')');
                break;
            case Array { Rank: 2 } matrix:
                AppendMatrix(builder, matrix, depth);
                break;
            case IDictionary map:
                AppendItems(builder, map.Keys.Cast<object?>().Select(key => (key, map[key!])), depth, (pair, deeper) =>
                {
                    Append(builder, pair.key, deeper);
                    builder.Append(": ");
                    Append(builder, pair.Item2, deeper);
                });
                break;
            case IEnumerable items when value is not IFormattable:
                AppendItems(builder, items.Cast<object?>(), depth, (item, deeper) => Append(builder, item, deeper));
                break;
            default:
                AppendObject(builder, value, depth);
                break;
        }
    }

    private static void AppendItems<T>(StringBuilder builder, IEnumerable<T> items, int depth, Action<T, int> append)
    {
        if (depth > MostDepth)
        {
            builder.Append("[…]");
            return;
        }

        builder.Append('[');
        var count = 0;
        // An endless sequence is cut like a long one; only a collection that knows its size says how much is missing.
        foreach (var item in items)
        {
            if (count == MostItems)
            {
                builder.Append(", …");
                break;
            }

            if (count++ > 0) builder.Append(", ");
            append(item, depth + 1);
        }

        builder.Append(']');
    }

    private static void AppendMatrix(StringBuilder builder, Array matrix, int depth)
    {
        var rows = Math.Min(MostItems, matrix.GetLength(0));
        var columns = Math.Min(MostItems, matrix.GetLength(1));
        for (var row = 0; row < rows; row++)
        {
            if (row > 0) builder.Append('\n');
            builder.Append('[');
            for (var column = 0; column < columns; column++)
            {
                if (column > 0) builder.Append(", ");
                Append(builder, matrix.GetValue(row, column), depth + 1);
            }

            builder.Append(columns < matrix.GetLength(1) ? ", …]" : "]");
        }

        if (rows < matrix.GetLength(0)) builder.Append("\n…");
    }

    private static void AppendObject(StringBuilder builder, object value, int depth)
    {
        var type = value.GetType();
        if (OverridesToString(type) && !IsRecord(type) && !IsAnonymous(type))
        {
            builder.Append(value);
            return;
        }

        var properties = type.GetProperties(BindingFlags.Instance | BindingFlags.Public)
            .Where(property => property.CanRead && property.GetIndexParameters().Length == 0).ToArray();
        if (!IsAnonymous(type)) builder.Append(type.Name);
        if (properties.Length == 0 || depth > MostDepth) return;
        builder.Append(IsAnonymous(type) ? "{ " : " { ");
        for (var i = 0; i < properties.Length; i++)
        {
            if (i > 0) builder.Append(", ");
            builder.Append(properties[i].Name).Append(" = ");
            object? content;
            try
            {
                content = properties[i].GetValue(value);
            }
            catch (TargetInvocationException error)
            {
                builder.Append('<').Append(error.InnerException?.Message ?? error.Message).Append('>');
                continue;
            }

            Append(builder, content, depth + 1);
        }

        builder.Append(" }");
    }

    private static bool OverridesToString(Type type)
    {
        var declaring = type.GetMethod(nameof(ToString), Type.EmptyTypes)?.DeclaringType;
        return declaring is not null && declaring != typeof(object) && declaring != typeof(ValueType);
    }

    /// <summary>A record's own ToString shows a list inside it by its type's name; we look inside.</summary>
    private static bool IsRecord(Type type) =>
        type.GetMethod("PrintMembers", BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly, [typeof(StringBuilder)]) is not null
        && type.GetMethod(nameof(ToString), Type.EmptyTypes)?.GetCustomAttribute<CompilerGeneratedAttribute>() is not null;

    private static bool IsAnonymous(Type type) => type.Name.StartsWith("<>f__AnonymousType", StringComparison.Ordinal);
}
