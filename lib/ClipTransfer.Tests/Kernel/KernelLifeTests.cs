using System.Diagnostics;
using System.Text.Json.Nodes;
using ClipTransfer.Notebooks.Kernel;
using ClipTransfer.Runtime;

namespace ClipTransfer.Tests.Kernel;

/// <summary>How a kernel begins and ends.</summary>
public sealed class KernelLifeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_kernel_that_is_shut_down_says_so_and_ends_even_while_a_cell_runs(bool restart)
    {
        using var kernel = new KernelClient();
        var cell = kernel.Send("execute_request", KernelClient.Cell("Console.WriteLine(1);\nSystem.Threading.Thread.Sleep(60_000);"));
        kernel.Until(cell, "stream");
        var id = kernel.Send("shutdown_request", new JsonObject { ["restart"] = restart }, control: true);
        Assert.True(kernel.TryReply(id, TimeSpan.FromSeconds(60), out var reply, control: true));
        Assert.Equal(("shutdown_reply", restart), (reply!.Type, reply.Content["restart"]!.GetValue<bool>()));
        Assert.True(kernel.Process.WaitForExit(TimeSpan.FromSeconds(60)));
        Assert.Equal(0, kernel.Process.ExitCode);
    }

    [Fact]
    public void A_kernel_ends_with_the_program_that_started_it()
    {
        if (OperatingSystem.IsWindows()) return;
        using var parent = Process.Start("sleep", "600");
        using var kernel = new KernelClient(parent.Id);
        parent.Kill();
        Assert.True(kernel.Process.WaitForExit(TimeSpan.FromSeconds(60)));
    }

    [Theory]
    [InlineData("ip", "0.0.0.0", "not this machine's own")]
    [InlineData("ip", "192.168.0.7", "not this machine's own")]
    [InlineData("transport", "ipc", "expected tcp")]
    [InlineData("signature_scheme", "hmac-md5", "expected hmac-sha256")]
    [InlineData("key", "", "has no key")]
    [InlineData("hb_port", "", "has no hb_port")]
    public void A_connection_file_that_leads_elsewhere_or_lacks_something_is_refused(string name, string value, string says)
    {
        var path = Write(file => file[name] = value);
        var error = Assert.Throws<InputException>(() => ConnectionFile.Read(path));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_connection_file_that_others_may_read_is_refused()
    {
        var path = Write(_ => { });
        Assert.Equal((1, 5, "k"), (ConnectionFile.Read(path).Shell, ConnectionFile.Read(path).Heartbeat, System.Text.Encoding.UTF8.GetString(ConnectionFile.Read(path).Key)));
        Assert.Throws<InputException>(() => ConnectionFile.Read(Path.Combine(_folder.Path, "missing.json")));
        if (OperatingSystem.IsWindows()) return;
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Assert.Contains("may be read by others", Assert.Throws<InputException>(() => ConnectionFile.Read(path)).Message, StringComparison.Ordinal);
    }

    private string Write(Action<JsonObject> change)
    {
        var file = new JsonObject
        {
            ["transport"] = "tcp",
            ["ip"] = "127.0.0.1",
            ["key"] = "k",
            ["signature_scheme"] = "hmac-sha256",
            ["shell_port"] = 1,
            ["control_port"] = 2,
            ["iopub_port"] = 3,
            ["stdin_port"] = 4,
            ["hb_port"] = 5,
        };
        change(file);
        var path = Path.Combine(_folder.Path, "connection.json");
        File.WriteAllText(path, file.ToJsonString());
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}
