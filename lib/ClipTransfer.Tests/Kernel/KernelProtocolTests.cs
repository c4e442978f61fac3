using System.Text.Json.Nodes;

namespace ClipTransfer.Tests.Kernel;

/// <summary>The kernel's side of Jupyter's protocol, message by message, seen by a client that signs and reads for itself.</summary>
public sealed class KernelProtocolTests : IClassFixture<KernelClient>
{
    private readonly KernelClient _kernel;

    public KernelProtocolTests(KernelClient kernel) => _kernel = kernel;

    /// <summary>Request, content, what the reply holds at least, what is published between busy and idle.</summary>
    public static TheoryData<string, string, string, string> Table => new()
    {
        { "kernel_info_request", "{}", """{"status":"ok","protocol_version":"5.4","implementation":"clip-transfer","language_info":{"name":"C#","file_extension":".cs","mimetype":"text/x-csharp"},"debugger":false}""", "" },
        { "comm_info_request", "{}", """{"status":"ok","comms":{}}""", "" },
        { "comm_info_request", """{"target_name":"x"}""", """{"status":"ok","comms":{}}""", "" },
        { "is_complete_request", """{"code":"var a = 1;"}""", """{"status":"complete"}""", "" },
        { "is_complete_request", """{"code":"1 + 1"}""", """{"status":"complete"}""", "" },
        { "is_complete_request", """{"code":"#!import setup.cs"}""", """{"status":"complete"}""", "" },
        { "is_complete_request", """{"code":"void F()\n{"}""", """{"status":"incomplete","indent":"    "}""", "" },
        { "is_complete_request", """{"code":"var a = );"}""", """{"status":"invalid"}""", "" },
        { "execute_request", """{"code":"1 + 1"}""", """{"status":"ok","user_expressions":{},"payload":[]}""", "execute_input execute_result" },
        { "execute_request", """{"code":"var quiet = 1;"}""", """{"status":"ok"}""", "execute_input" },
        { "execute_request", """{"code":""}""", """{"status":"ok"}""", "execute_input" },
        { "execute_request", """{"code":"Console.WriteLine(1); 2.Display(); 3"}""", """{"status":"ok"}""", "execute_input stream display_data execute_result" },
        { "execute_request", """{"code":"1 + 1; Console.WriteLine(1);","silent":true}""", """{"status":"error"}""", "" },
        { "execute_request", """{"code":"Console.WriteLine(1);","silent":true}""", """{"status":"ok"}""", "" },
        { "execute_request", """{"code":"","user_expressions":{"sum":"20 + 3","bad":"nowhere"}}""", """{"status":"ok","user_expressions":{"sum":{"status":"ok","data":{"text/plain":"23"}},"bad":{"status":"error","ename":"CompileError"}}}""", "execute_input" },
        { "execute_request", """{"code":"missing","stop_on_error":false}""", """{"status":"error","ename":"CompileError"}""", "execute_input error" },
        { "execute_request", """{"code":"throw new InvalidOperationException(\"on purpose\");"}""", """{"status":"error","ename":"InvalidOperationException"}""", "execute_input error display_data" },
        { "complete_request", """{"code":"Console.Wri","cursor_pos":11}""", """{"status":"ok","matches":["Write","WriteLine"],"cursor_start":8,"cursor_end":11}""", "" },
        { "complete_request", """{"code":"// nothing here","cursor_pos":10}""", """{"status":"ok","matches":[],"cursor_start":10,"cursor_end":10}""", "" },
        { "inspect_request", """{"code":"nowhere","cursor_pos":3,"detail_level":0}""", """{"status":"ok","found":false,"data":{}}""", "" },
        { "comm_open", """{"comm_id":"7","target_name":"nobody","data":{}}""", "", "comm_close" },
        { "of_the_future_request", "{}", "", "" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Each_message_has_its_answer(string type, string content, string reply, string published)
    {
        var id = _kernel.Send(type, (JsonObject)JsonNode.Parse(content)!);
        if (reply.Length == 0)
        {
            Assert.Equal(["status", .. published.Split(' ', StringSplitOptions.RemoveEmptyEntries), "status"], UntilIdle(id).Select(item => item.Type));
            return;
        }

        var answer = _kernel.Await(id);
        Assert.Equal(type.Replace("_request", "_reply", StringComparison.Ordinal), answer.Reply.Type);
        AssertHolds(JsonNode.Parse(reply)!, answer.Reply.Content);
        Assert.Equal("busy", answer.Published[0].Content["execution_state"]!.ToString());
        Assert.Equal(published.Split(' ', StringSplitOptions.RemoveEmptyEntries), answer.Outputs.Select(item => item.Type));
    }

    [Fact]
    public void What_is_signed_wrongly_or_comes_twice_is_not_heard()
    {
        _kernel.Run("var heard = 0;");
        var wrong = _kernel.Send("execute_request", KernelClient.Cell("heard += 100;"), spoil: signature => [.. signature.Select(digit => digit == (byte)'a' ? (byte)'b' : (byte)'a')]);
        _kernel.Send("execute_request", KernelClient.Cell("heard += 1000;"), spoil: _ => []);
        var twice = _kernel.SendTwice("execute_request", KernelClient.Cell("heard += 1;"));
        _kernel.Await(twice);
        Assert.Equal("1", _kernel.Run("heard").Shown);
        Assert.False(_kernel.TryReply(wrong, TimeSpan.FromMilliseconds(300), out _));
    }

    [Fact]
    public void Text_comes_while_the_cell_runs_and_hearts_beat_meanwhile()
    {
        var gate = Path.Combine(_kernel.Folder, "gate");
        var id = _kernel.Send("execute_request", KernelClient.Cell("Console.WriteLine(\"waiting\");\nwhile (!System.IO.File.Exists(\"gate\")) System.Threading.Thread.Sleep(20);"));
        Assert.Equal("waiting\n", _kernel.Until(id, "stream").Content["text"]!.ToString());
        Assert.True(_kernel.Beats());
        Assert.Equal("ok", _kernel.Ask("kernel_info_request", [], control: true).Reply.Content["status"]!.ToString());
        File.WriteAllText(gate, "");
        Assert.Equal("ok", _kernel.Await(id).Reply.Content["status"]!.ToString());
    }

    [Fact]
    public void A_value_is_shown_anew_in_its_place_by_a_later_cell_too()
    {
        var first = _kernel.Run("var shown = \"a\".Display();\nshown.Update(\"b\");");
        Assert.Equal(["display_data", "update_display_data"], first.Outputs.Skip(1).Select(item => item.Type));
        var id = first.Outputs[1].Content["transient"]!["display_id"]!.ToString();
        Assert.Equal(id, first.Outputs[2].Content["transient"]!["display_id"]!.ToString());
        var later = _kernel.Run("shown.Update(\"c\");").Outputs[1];
        Assert.Equal((id, "c"), (later.Content["transient"]!["display_id"]!.ToString(), later.Content["data"]!["text/plain"]!.ToString()));
        // What Display() returns is not shown a second time.
        Assert.Equal(["execute_input", "display_data"], _kernel.Run("1.Display()").Outputs.Select(item => item.Type));
    }

    [Fact]
    public void Cells_are_counted_unless_they_are_silent_or_not_stored()
    {
        var before = Count(_kernel.Run("1"));
        _kernel.Ask("execute_request", KernelClient.Cell("2", silent: true));
        var unstored = KernelClient.Cell("3");
        unstored["store_history"] = false;
        Assert.Equal(before, Count(_kernel.Ask("execute_request", unstored)));
        Assert.Equal(before + 1, Count(_kernel.Run("4")));
        var history = _kernel.Ask("history_request", new JsonObject { ["hist_access_type"] = "tail", ["n"] = 2, ["output"] = false, ["raw"] = true }).Reply.Content["history"]!.AsArray();
        Assert.Equal([$"[1,{before},\"1\"]", $"[1,{before + 1},\"4\"]"], history.Select(cell => cell!.ToJsonString()));

        static int Count(KernelClient.Answer answer) => answer.Reply.Content["execution_count"]!.GetValue<int>();
    }

    [Fact]
    public void An_error_stops_the_cells_that_wait_behind_it_and_no_others()
    {
        string[] ids = [Send("System.Threading.Thread.Sleep(500); throw new Exception();"), Send("var ran = 1;"), Send("var ranToo = 1;")];
        Assert.Equal(["error", "aborted", "aborted"], ids.Select(id => _kernel.Await(id).Reply.Content["status"]!.ToString()));
        Assert.Equal("ok", _kernel.Run("var ran = 2;").Reply.Content["status"]!.ToString());

        var kept = _kernel.Send("execute_request", KernelClient.Cell("System.Threading.Thread.Sleep(300); throw new Exception();", stopOnError: false));
        var next = Send("ran");
        Assert.Equal("error", _kernel.Await(kept).Reply.Content["status"]!.ToString());
        Assert.Equal("2", _kernel.Await(next).Shown);

        string Send(string code) => _kernel.Send("execute_request", KernelClient.Cell(code));
    }

    [Fact]
    public void An_error_says_what_where_and_what_to_do_and_folds_its_stack()
    {
        var answer = _kernel.Run("int[] few = [1];\n\nvar value = few[3];");
        var number = answer.Reply.Content["execution_count"];
        string[] trace = [.. answer.Outputs.Single(item => item.Type == "error").Content["traceback"]!.AsArray().Select(line => line!.ToString())];
        Assert.Equal([$"In [{number}] line 3: IndexOutOfRangeException: Index was outside the bounds of the array.", "    var value = few[3];"], trace[..2]);
        Assert.StartsWith("An index", trace[2], StringComparison.Ordinal);
        Assert.Equal(3, trace.Length);
        var stack = answer.Outputs.Single(item => item.Type == "display_data").Content["data"]!;
        Assert.StartsWith("<details><summary>Stack trace</summary>", stack["text/html"]!.ToString(), StringComparison.Ordinal);
        Assert.Contains($"In [{number}]:line 3", stack["text/plain"]!.ToString(), StringComparison.Ordinal);

        string[] compile = [.. _kernel.Run("var a = 1;\nvar b = missing;").Outputs[1].Content["traceback"]!.AsArray().Select(line => line!.ToString())];
        Assert.Contains("line 2: The name 'missing' does not exist", compile[0], StringComparison.Ordinal);
        Assert.Equal("            ^", compile[2]);
        Assert.StartsWith("Run the cell that declares the name first", compile[3], StringComparison.Ordinal);

        _kernel.Run("#r \"nuget: ClipTransfer, 0.1.0\"");
        var missing = _kernel.Run("ClipTransfer.Results.NotebookSession.Open(\"01\", \"quick\", 0, \"nowhere\", \"out\")");
        Assert.Equal(["execute_input", "error"], missing.Outputs.Select(item => item.Type));
        Assert.Contains("the data folder is not there. Name the folder", missing.Outputs[1].Content["traceback"]![0]!.ToString(), StringComparison.Ordinal);
        Assert.Contains("line 1: ClipTransfer.Results", missing.Outputs[1].Content["traceback"]![1]!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_interrupt_asks_the_second_ends_the_cell_where_it_is()
    {
        _kernel.Run("#r \"nuget: ClipTransfer, 0.1.0\"\nvar steps = 0;");
        var polite = Started("Console.WriteLine(\"go\");\nfor (steps = 1; !ClipTransfer.Runtime.Interrupt.Token.IsCancellationRequested; steps++) System.Threading.Thread.Sleep(5);\nsteps > 1");
        _kernel.Ask("interrupt_request", [], control: true);
        Assert.Equal("True", _kernel.Await(polite).Shown);

        var deaf = Started("Console.WriteLine(\"go\");\nsteps = 7;\nwhile (true) steps = 8;");
        _kernel.Ask("interrupt_request", [], control: true);
        Assert.Contains("interrupt again", _kernel.Until(deaf, "stream").Content["text"]!.ToString(), StringComparison.Ordinal);
        _kernel.Ask("interrupt_request", [], control: true);
        Assert.Equal("Interrupted", _kernel.Await(deaf).Reply.Content["ename"]!.ToString());
        // What was in memory is there, and the next cell is not interrupted.
        Assert.Equal("8", _kernel.Run("System.Threading.Thread.Sleep(50);\nsteps").Shown);

        string Started(string code)
        {
            var id = _kernel.Send("execute_request", KernelClient.Cell(code));
            _kernel.Until(id, "stream");
            return id;
        }
    }

    [Fact]
    public void A_cell_reads_a_line_from_who_runs_it()
    {
        var asking = _kernel.Send("execute_request", KernelClient.Cell("Console.ReadLine()", allowStdin: true));
        _kernel.AnswerQuestion("an answer");
        Assert.Equal("an answer", _kernel.Await(asking).Shown);
        Assert.Equal("nobody", _kernel.Run("Console.ReadLine() ?? \"nobody\"").Shown);
    }

    [Fact]
    public void Names_are_completed_from_earlier_cells_and_positions_count_code_points()
    {
        _kernel.Run("#r \"nuget: ClipTransfer, 0.1.0\"\nusing ClipTransfer.Theory;\nvar marginOfThisTest = new { Wide = 1, Width = 2 };");
        Assert.Equal(["marginOfThisTest"], Matches("marginOf"));
        // Two code points that take two units each stand before it.
        var code = "var 𝜏𝛾 = 1; marginOfThisTest.Wi";
        var answer = _kernel.Ask("complete_request", new JsonObject { ["code"] = code, ["cursor_pos"] = code.Length - 2 }).Reply.Content;
        Assert.Equal(["Wide", "Width"], answer["matches"]!.AsArray().Select(item => item!.ToString()));
        Assert.Equal((code.Length - 4, code.Length - 2), (answer["cursor_start"]!.GetValue<int>(), answer["cursor_end"]!.GetValue<int>()));
        Assert.Contains("Gamma", Matches("new SharedFeatureSettings { Ga"));
        Assert.Contains("Average", Matches("new[] { 1 }.Aver"));
        Assert.Contains("SharedFeatureModel", Matches("SharedFeatureM"));
        Assert.Contains("PI", Matches("Math.P"));
        Assert.Contains("Theory", Matches("using ClipTransfer.Th"));

        string[] Matches(string typed) => [.. _kernel.Ask("complete_request", new JsonObject { ["code"] = typed, ["cursor_pos"] = typed.EnumerateRunes().Count() }).Reply.Content["matches"]!.AsArray().Select(item => item!.ToString())];
    }

    [Fact]
    public void Inspection_shows_the_doc_comments_of_our_types()
    {
        _kernel.Run("#r \"nuget: ClipTransfer, 0.1.0\"\nusing ClipTransfer.Results;");
        var text = Inspect("Interval.Wilson(", 16);
        Assert.Contains("Interval Interval.Wilson(", text, StringComparison.Ordinal);
        Assert.Contains("Wilson", text.Split('\n', 2)[1], StringComparison.Ordinal);
        // In the middle of an argument list it is what is called that one wants to know.
        Assert.Contains("NotebookSession.Open(string notebook", Inspect("var session = NotebookSession.Open(\"01\", ", 41), StringComparison.Ordinal);
        Assert.Contains("Checks the parameters, makes TorchSharp ready and fixes the seed.", Inspect("NotebookSession.Open(\"01\")", 18), StringComparison.Ordinal);
        Assert.Contains("notebook: The notebook's number.", Inspect("NotebookSession.Open(\"01\")", 18), StringComparison.Ordinal);

        string Inspect(string code, int position) =>
            _kernel.Ask("inspect_request", new JsonObject { ["code"] = code, ["cursor_pos"] = position, ["detail_level"] = 0 }).Reply.Content["data"]!["text/plain"]!.ToString();
    }

    private List<KernelClient.Heard> UntilIdle(string id)
    {
        var heard = new List<KernelClient.Heard>();
        while (heard.Count == 0 || heard[^1].Type != "status" || heard[^1].Content["execution_state"]!.ToString() != "idle") heard.Add(_kernel.Next(id));
        return heard;
    }

    /// <summary>All that is expected is there; there may be more.</summary>
    private static void AssertHolds(JsonNode expected, JsonNode? actual)
    {
        if (expected is not JsonObject fields)
        {
            Assert.Equal(expected.ToJsonString(), actual?.ToJsonString());
            return;
        }

        foreach (var (name, value) in fields) AssertHolds(value!, actual?[name]);
    }
}
