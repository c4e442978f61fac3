using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using ClipTransfer.Runtime;

namespace ClipTransfer.Results;

/// <summary>A file that says what to run: <c>{ "head": …, "settings": … }</c>. Any run's <c>config.json</c> is one.</summary>
public static class SettingsFile
{
    private const string Shape = "See settings/ and the config.json of any run for examples";
    private static readonly string[] _written = ["head", "settings", "machine", "version", "started"];

    private static readonly JsonSerializerOptions _strict = new(ResultsJson.Options)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        AllowOutOfOrderMetadataProperties = true,
    };

    /// <summary>Reads head and settings. A field that the type lacks, a value of the wrong kind, and a missing field are errors; comments and trailing commas are not.</summary>
    /// <param name="path">The file.</param>
    /// <param name="complete">Replaces short forms in <c>settings</c> before they are read; null where there are none.</param>
    /// <exception cref="InputException">The file is missing or is not JSON (names the line), or a field is wrong: names it, and the nearest one that there is.</exception>
    public static (RunHead Head, TSettings Settings) Read<TSettings>(string path, Action<JsonObject>? complete = null)
    {
        try
        {
            var root = JsonNode.Parse(File.ReadAllText(path), documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true }) as JsonObject
                ?? throw new InputException(path, "is not a JSON object", Shape);
            if (root.Select(field => field.Key).FirstOrDefault(name => !_written.Contains(name)) is { } unknown) throw Unknown(path, unknown, _written[..2]);
            if (complete is not null && root["settings"] is JsonObject settings) complete(settings);
            return (Part<RunHead>(root, "head", path), Part<TSettings>(root, "settings", path));
        }
        catch (JsonException error)
        {
            throw new InputException($"{path} line {error.LineNumber + 1}", $"not a settings file ({error.Message.Split('.')[0]})", $"Correct it. {Shape}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException(path, error.Message.TrimEnd('.'), "Name an existing settings file", error);
        }
    }

    /// <summary>Reads a part that is there already, with the same checks.</summary>
    /// <param name="part">The part.</param>
    /// <param name="name">What errors call it.</param>
    /// <param name="path">Where it comes from.</param>
    internal static T Of<T>(JsonNode part, string name, string path)
    {
        Check(part, _strict.GetTypeInfo(typeof(T)), name, path);
        return part.Deserialize<T>(_strict)!;
    }

    private static T Part<T>(JsonObject root, string name, string path) =>
        Of<T>(root[name] ?? throw new InputException(path, $"'{name}' is missing", Shape), name, path);

    // The serializer's own errors name types, not fields that exist: so each field is looked at before.
    private static void Check(JsonNode? value, JsonTypeInfo type, string name, string path)
    {
        if (type.Kind == JsonTypeInfoKind.Object && value is JsonObject fields)
        {
            var kind = type.PolymorphismOptions?.TypeDiscriminatorPropertyName;
            type = KindOf(fields, type, name, path);
            foreach (var (field, inner) in fields.Where(f => f.Key != kind))
            {
                var property = type.Properties.FirstOrDefault(p => p.Name.Equals(field, StringComparison.OrdinalIgnoreCase))
                    ?? throw Unknown(path, $"{name}.{field}", type.Properties.Where(p => p.Set is not null || p.AssociatedParameter is not null).Select(p => p.Name));
                if (inner is null && property.IsSetNullable && property.PropertyType != typeof(double)) continue;
                Check(inner, _strict.GetTypeInfo(property.PropertyType), $"{name}.{property.Name}", path);
            }

            if (type.Properties.FirstOrDefault(p => p.IsRequired && !fields.Any(f => p.Name.Equals(f.Key, StringComparison.OrdinalIgnoreCase))) is { } missing)
                throw new InputException(path, $"'{name}.{missing.Name}' is missing", Shape);
        }
        else if (type.Kind == JsonTypeInfoKind.Enumerable && value is JsonArray items)
        {
            for (var k = 0; k < items.Count; k++) Check(items[k], _strict.GetTypeInfo(type.ElementType!), $"{name}[{k}]", path);
        }
        else if (value is null || !Fits(value, type.Type))
        {
            throw new InputException(path, $"'{name}' is {value?.ToJsonString() ?? "null"}, expected {Spoken(type)}", "Correct it");
        }
    }

    // Where a field may be of several kinds, such as an image tower, one of its own fields says of which.
    private static JsonTypeInfo KindOf(JsonObject fields, JsonTypeInfo type, string name, string path)
    {
        if (type.PolymorphismOptions is not { } kinds) return type;
        var field = kinds.TypeDiscriminatorPropertyName;
        var given = fields[field] is JsonValue text && text.TryGetValue<string>(out var word) ? word : null;
        var names = kinds.DerivedTypes.Select(kind => (string)kind.TypeDiscriminator!).ToArray();
        if (given is null) throw new InputException(path, $"'{name}.{field}' is missing", $"Use one of {string.Join(", ", names)}");
        return kinds.DerivedTypes.Where(kind => given.Equals(kind.TypeDiscriminator)).Select(kind => _strict.GetTypeInfo(kind.DerivedType)).FirstOrDefault()
            ?? throw new InputException(path, $"'{name}.{field}' is \"{given}\", which is not a kind", $"Did you mean '{NearestName.Of(given, names)}'? There are {string.Join(", ", names)}");
    }

    private static bool Fits(JsonNode value, Type type)
    {
        try
        {
            value.Deserialize(type, _strict);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static InputException Unknown(string path, string field, IEnumerable<string> names)
    {
        var (known, at) = (names.ToArray(), field.LastIndexOf('.') + 1);
        return new InputException(path, $"'{field}' is not a field of a settings file", $"Did you mean '{field[..at]}{NearestName.Of(field[at..], known)}'? There are {string.Join(", ", known)}");
    }

    private static string Spoken(JsonTypeInfo info)
    {
        var type = Nullable.GetUnderlyingType(info.Type) ?? info.Type;
        return type switch
        {
            { IsEnum: true } => $"one of {string.Join(", ", Enum.GetNames(type))}",
            _ when type == typeof(int) || type == typeof(long) => "a whole number",
            _ when type == typeof(double) => "a number",
            _ when type == typeof(bool) => "true or false",
            _ when type == typeof(string) => "a text in quotes",
            _ when info.Kind == JsonTypeInfoKind.Enumerable => "a list in [ ]",
            _ => "an object in { }",
        };
    }
}
