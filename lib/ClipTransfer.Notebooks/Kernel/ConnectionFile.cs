using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ClipTransfer.Runtime;

namespace ClipTransfer.Notebooks.Kernel;

/// <summary>Where a Jupyter client waits for its kernel, and the key that both sign with.</summary>
/// <remarks>Whoever knows the key can run code as this user. So the file may be read by its owner only, and the address must be this machine's own.</remarks>
/// <param name="Address">A loopback address.</param>
/// <param name="Shell">Port of the shell channel: requests, one after the other.</param>
/// <param name="Control">Port of the control channel: interrupt and shutdown, while a cell runs.</param>
/// <param name="Iopub">Port on which outputs are published.</param>
/// <param name="Stdin">Port on which the kernel asks the user for input.</param>
/// <param name="Heartbeat">Port that echoes.</param>
/// <param name="Key">The key of the signatures (HMAC-SHA256).</param>
internal sealed record ConnectionFile(string Address, int Shell, int Control, int Iopub, int Stdin, int Heartbeat, byte[] Key)
{
    private const string Remedy = "Let a Jupyter client start the kernel: it writes this file";

    /// <summary>Reads a connection file.</summary>
    /// <exception cref="InputException">It is missing or incomplete, others may read it, or it leads off this machine.</exception>
    public static ConnectionFile Read(string path)
    {
        JsonNode? root;
        try
        {
            if (!OperatingSystem.IsWindows() && !AllowsInsecureFiles()) CheckMode(path);
            root = JsonNode.Parse(File.ReadAllText(path));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new InputException(path, $"is no connection file that can be read ({error.Message.TrimEnd('.')})", Remedy, error);
        }

        var transport = Text("transport", "tcp");
        if (transport != "tcp") throw new InputException(path, $"has the transport '{transport}', expected tcp", "Take ipc out of the client's configuration");
        var address = Text("ip", "127.0.0.1");
        if (address == "localhost") address = "127.0.0.1";
        if (!IPAddress.TryParse(address, out var parsed) || !IPAddress.IsLoopback(parsed))
            throw new InputException(path, $"has the address '{address}', which is not this machine's own", "Set ip to 127.0.0.1; from elsewhere, come through ssh");
        var scheme = Text("signature_scheme", "hmac-sha256");
        if (scheme != "hmac-sha256") throw new InputException(path, $"has the signature scheme '{scheme}', expected hmac-sha256", "Take another scheme out of the client's configuration");
        var key = Text("key", "");
        if (key.Length == 0) throw new InputException(path, "has no key, so anybody could send code", "Let the client sign its messages (its default)");
        return new ConnectionFile(address, Port("shell_port"), Port("control_port"), Port("iopub_port"), Port("stdin_port"), Port("hb_port"), Encoding.UTF8.GetBytes(key));

        string Text(string name, string otherwise) => (root as JsonObject)?[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : otherwise;

        int Port(string name) => (root as JsonObject)?[name] is JsonValue value && value.TryGetValue<int>(out var port) && port is > 0 and < 65536
            ? port
            : throw new InputException(path, $"has no {name}", Remedy);
    }

    /// <summary>The address of a channel as ZeroMQ writes it.</summary>
    public string Endpoint(int port) => string.Create(CultureInfo.InvariantCulture, $"tcp://{(Address.Contains(':', StringComparison.Ordinal) ? $"[{Address}]" : Address)}:{port}");

    /// <summary>Jupyter's own way out for file systems without permissions.</summary>
    private static bool AllowsInsecureFiles() =>
        Environment.GetEnvironmentVariable("JUPYTER_ALLOW_INSECURE_WRITES") is { } allowed && (allowed == "1" || allowed.Equals("true", StringComparison.OrdinalIgnoreCase));

    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    private static void CheckMode(string path)
    {
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
        if ((File.GetUnixFileMode(path) & Others) != 0)
            throw new InputException(path, "may be read by others, who could run code with its key", $"chmod 600 {path}; on a file system without permissions set JUPYTER_ALLOW_INSECURE_WRITES=1");
    }
}
