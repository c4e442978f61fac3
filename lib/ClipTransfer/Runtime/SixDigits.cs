using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ClipTransfer.Runtime;

/// <summary>Numbers rounded to six significant digits, for files of many measured values; what is not finite is null, as in <see cref="FiniteOrNull"/>.</summary>
internal sealed class SixDigits : JsonConverter<double>
{
    private static readonly FiniteOrNull _exact = new();

    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override double Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => _exact.Read(ref reader, typeToConvert, options);

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, double value, JsonSerializerOptions options) =>
        _exact.Write(writer, double.IsFinite(value) ? double.Parse(value.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : value, options);
}
