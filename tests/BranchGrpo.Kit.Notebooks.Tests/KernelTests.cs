using System.Text;
using System.Text.Json;
using BranchGrpo.Kit.Notebooks.Kernel;

namespace BranchGrpo.Kit.Notebooks.Tests;

public sealed class KernelTests : IDisposable
{
    private readonly KernelClient client = new();

    public void Dispose() => client.Dispose();

    [Fact]
    public void A_cell_is_published_between_busy_and_idle_under_its_request_and_answered()
    {
        var header = client.Execute("Console.WriteLine(\"a\"); display(\"b\"); Console.Error.Write(\"c\"); 6 * 7");
        string[] expected = ["status busy", "execute_input", "stdout a\n", "display_data", "stderr c", "execute_result", "status idle"];
        Assert.Equal(expected, client.Published(header));
        var (type, content, parent) = client.Receive(Channel.Shell);
        Assert.Equal(("execute_reply", "ok", header), (type, Status(content), parent));
        Assert.Equal(1, content.GetProperty("execution_count").GetInt32());
    }

    [Theory]
    [InlineData("kernel_info_request", "{}", "Shell")]
    [InlineData("kernel_info_request", "{}", "Control")]
    [InlineData("complete_request", """{"code":"Math.Sq","cursor_pos":7}""", "Shell")]
    [InlineData("inspect_request", """{"code":"Math.Sqrt(2)","cursor_pos":7,"detail_level":0}""", "Shell")]
    [InlineData("is_complete_request", """{"code":"1"}""", "Shell")]
    [InlineData("history_request", """{"hist_access_type":"tail","n":3}""", "Shell")]
    [InlineData("comm_info_request", "{}", "Shell")]
    [InlineData("interrupt_request", "{}", "Control")]
    public void Every_request_is_answered_between_busy_and_idle(string type, string content, string socket)
    {
        var channel = Enum.Parse<Channel>(socket);
        var header = client.Send(type, JsonDocument.Parse(content).RootElement, channel);
        var reply = client.Receive(channel);
        Assert.Equal((type.Replace("request", "reply"), header), (reply.Type, reply.Parent));
        if (type != "is_complete_request") Assert.Equal("ok", Status(reply.Content));
        Assert.Equal(["status busy", "status idle"], client.Published(header));
    }

    [Fact]
    public void Only_messages_signed_with_the_key_are_taken_and_each_once()
    {
        var good = client.Frames("execute_request", new { code = "var taken = 1;" });
        Dropped("not signed", With(good, 1, []));
        Dropped("wrong signature", With(good, 1, Encoding.ASCII.GetBytes(new string('0', 64))));
        Dropped("wrong signature", With(good, 1, good[1][..63]));
        Dropped("wrong signature", With(good, 5, Encoding.UTF8.GetBytes("""{"code":"1"}""")));
        Dropped("wrong signature", With(good, 3, "{ }"u8.ToArray()));
        Dropped("too few parts", good[..5]);
        Dropped("too few parts", good[1..]);
        client.Send(good);
        Assert.Equal("ok", Status(client.Receive(Channel.Shell).Content));
        Dropped("received before", good);
        Dropped("received before", good, Channel.Control);
        var header = client.Execute("taken");
        Assert.Equal(header, client.Receive(Channel.Shell).Parent);              // nothing that was dropped was answered
    }

    [Fact]
    public void An_interrupt_stops_the_cell_aborts_what_waits_and_keeps_the_state()
    {
        var running = client.Execute("var turns = 0L; Console.WriteLine(\"in\"); while (true) turns++;");
        while (client.Receive(Channel.IoPub).Type != "stream") { }
        var waiting = client.Execute("1");
        client.Send("complete_request", new { code = "Math.Sq", cursor_pos = 7 });
        Assert.Equal("complete_reply", client.Receive(Channel.Shell).Type);      // answered while the cell runs
        client.Send("interrupt_request", new { }, Channel.Control);
        Assert.Equal("interrupt_reply", client.Receive(Channel.Control).Type);
        var first = client.Receive(Channel.Shell);
        Assert.Equal((running, "error", "KeyboardInterrupt"), (first.Parent, Status(first.Content), first.Content.GetProperty("ename").GetString()));
        var second = client.Receive(Channel.Shell);
        Assert.Equal((waiting, "aborted"), (second.Parent, Status(second.Content)));
        client.Execute("if (turns == 0) throw new Exception();");
        Assert.Equal("ok", Status(client.Receive(Channel.Shell).Content));
    }

    [Fact]
    public void A_question_of_a_cell_that_may_not_ask_is_an_error()
    {
        client.Execute("Console.ReadLine()");
        var reply = client.Receive(Channel.Shell).Content;
        Assert.Equal("error", Status(reply));
        Assert.Contains("allow_stdin", reply.GetProperty("evalue").GetString());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Shutdown_is_answered_published_and_ends_the_kernel(bool restart)
    {
        var header = client.Send("shutdown_request", new { restart }, Channel.Control);
        var reply = client.Receive(Channel.Control);
        Assert.Equal(("shutdown_reply", restart), (reply.Type, reply.Content.GetProperty("restart").GetBoolean()));
        Assert.Equal(["status busy", "shutdown_reply", "status idle"], client.Published(header));
        await client.Running.WaitAsync(TimeSpan.FromSeconds(10));
    }

    private static string? Status(JsonElement content) => content.GetProperty("status").GetString();

    private static byte[][] With(byte[][] frames, int index, byte[] frame) => [.. frames.Select((f, i) => i == index ? frame : f)];

    private void Dropped(string reason, byte[][] frames, Channel channel = Channel.Shell)
    {
        var before = Count();
        client.Send(frames, channel);
        Assert.True(SpinWait.SpinUntil(() => Count() == before + 1, TimeSpan.FromSeconds(10)), $"{reason}: {string.Join('\n', client.Errors.Lines)}");

        int Count() => client.Errors.Lines.Count(line => line.StartsWith("branchgrpo kernel: ") && line.Contains(reason));
    }
}
