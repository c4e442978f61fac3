using System.IO.Compression;
using System.Text;

namespace ClipTransfer.Notebooks.Reports;

/// <summary>A large script in a page at a third of its size: packed by gzip, and unpacked and run by the browser.</summary>
/// <remarks>The page's policy names the hash of the script itself, so nothing else can come out of the packet and run. A browser older than 2023 cannot unpack; there the figures stay drawings.</remarks>
internal static class PackedScript
{
    /// <summary>The script that unpacks the packet and runs it.</summary>
    internal const string Loader = """
        (async function () {
          "use strict";
          var packet = document.getElementById("plotly-packet");
          if (!packet || !window.DecompressionStream) return;
          var bytes = Uint8Array.from(atob(packet.textContent), function (c) { return c.charCodeAt(0); });
          var text = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
          var script = document.createElement("script");
          script.textContent = text;
          document.body.append(script);
        })();
        """;

    /// <summary>The packet as an element that no browser runs.</summary>
    internal static string Packet(string script)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize)) gzip.Write(Encoding.UTF8.GetBytes(script));
        return $"<script type=\"application/gzip\" id=\"plotly-packet\">{Convert.ToBase64String(packed.ToArray())}</script>";
    }
}
