using System.Text.Json;
using BranchGrpo.Kit.Notebooks.Kernel;
using CsCheck;

namespace BranchGrpo.Kit.Notebooks.Tests;

public sealed class KernelPartsTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("kernel-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData("ip", "\"0.0.0.0\"", "0.0.0.0")]
    [InlineData("ip", "\"192.168.1.5\"", "192.168.1.5")]
    [InlineData("ip", "\"::\"", "::")]
    [InlineData("ip", "\"*\"", "*")]
    [InlineData("ip", "\"kernel.example.org\"", "kernel.example.org")]
    [InlineData("key", "\"\"", "key")]
    [InlineData("transport", "\"ipc\"", "ipc")]
    [InlineData("signature_scheme", "\"hmac-md5\"", "hmac-md5")]
    [InlineData("shell_port", "0", "shell_port")]
    [InlineData("hb_port", "65536", "hb_port")]
    [InlineData("hb_port", "4001", "same")]
    public void Connection_files_that_are_not_for_this_machine_are_refused(string name, string value, string word)
    {
        var e = Assert.Throws<InvalidDataException>(() => Connection(name, value));
        Assert.Contains(word, e.Message);
    }

    [Theory]
    [InlineData("\"127.0.0.1\"", "tcp://127.0.0.1:4001")]
    [InlineData("\"127.3.2.1\"", "tcp://127.3.2.1:4001")]
    [InlineData("\"localhost\"", "tcp://127.0.0.1:4001")]
    [InlineData("\"::1\"", "tcp://[::1]:4001")]
    public void Loopback_addresses_are_taken(string ip, string endpoint) => Assert.Equal(endpoint, Connection("ip", ip).Endpoint(Channel.Shell));

    [Fact]
    public void Places_count_code_points_there_and_back()
    {
        Assert.Equal((3, 5), (CodePoints.Count("a🌳b🌳", 4), CodePoints.Index("🌳🌳b", 3)));
        Assert.Equal((0, 2), (CodePoints.Index("ab", -1), CodePoints.Index("ab", 9)));
        Gen.OneOf(Gen.Const("a"), Gen.Const("é"), Gen.Const("🌳")).Array[0, 9].Sample(characters =>
            Enumerable.Range(0, characters.Length + 1).All(n =>
            {
                var text = string.Concat(characters);
                var index = CodePoints.Index(text, n);
                return CodePoints.Count(text, index) == n && index == string.Concat(characters.Take(n)).Length;
            }));
    }

    [Fact]
    public void Console_text_is_gathered_by_stream_and_never_cut_in_a_character()
    {
        var sent = new List<(string Name, string Text)>();
        var buffer = new StreamBuffer((name, text) => sent.Add((name, text)));
        buffer.Write("stdout", "a");
        buffer.Write("stdout", "🌳"[..1]);
        buffer.Flush(all: false);
        Assert.Equal([("stdout", "a")], sent);
        buffer.Write("stdout", "🌳"[1..]);
        buffer.Write("stderr", "b");
        buffer.Flush();
        Assert.Equal([("stdout", "a"), ("stdout", "🌳"), ("stderr", "b")], sent);
        buffer.Write("stdout", "soon");
        Assert.True(SpinWait.SpinUntil(() => sent.Count == 4, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void A_kernelspec_is_written_and_nobody_elses_is_replaced_unasked()
    {
        var ours = JupyterFolders.KernelSpec(folder, ".net-csharp");
        Assert.Equal(Path.Combine(folder, "share", "jupyter", "kernels", ".net-csharp"), ours);
        var path = KernelSpec.Install(ours, "C# here", force: false);
        var spec = JsonDocument.Parse(File.ReadAllText(path)).RootElement;
        var words = spec.GetProperty("argv").EnumerateArray().Select(w => w.GetString());
        Assert.Equal(["kernel", "run", "--connection-file", "{connection_file}"], words.TakeLast(4));
        Assert.Equal(("C#", "message"), (spec.GetProperty("language").GetString(), spec.GetProperty("interrupt_mode").GetString()));
        KernelSpec.Install(ours, "again", force: false);
        Assert.Equal([path], Directory.GetFileSystemEntries(ours));

        const string Theirs = """{"argv":["dotnet","interactive"],"display_name":".NET (C#)"}""";
        File.WriteAllText(path, Theirs);
        foreach (var change in new Action[] { () => KernelSpec.Install(ours, "x", force: false), () => KernelSpec.Uninstall(ours, force: false) })
        {
            Assert.Contains(".NET (C#)", Assert.Throws<IOException>(change).Message);
            Assert.Equal(Theirs, File.ReadAllText(path));
        }
        File.WriteAllText(Path.Combine(ours, "kernel.js"), "theirs");
        KernelSpec.Install(ours, "x", force: true);
        Assert.Equal([path], Directory.GetFileSystemEntries(ours));
        KernelSpec.Uninstall(ours, force: false);
        Assert.False(Directory.Exists(ours));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("../x")]
    [InlineData("a b")]
    public void Names_that_leave_the_folder_are_refused(string name) =>
        Assert.Throws<ArgumentException>(() => JupyterFolders.KernelSpec(folder, name));

    private ConnectionFile Connection(string name, string value)
    {
        var fields = new Dictionary<string, string>
        {
            ["ip"] = "\"127.0.0.1\"", ["transport"] = "\"tcp\"", ["key"] = "\"k\"", ["signature_scheme"] = "\"hmac-sha256\"",
            ["shell_port"] = "4001", ["control_port"] = "4002", ["stdin_port"] = "4003", ["iopub_port"] = "4004", ["hb_port"] = "4005",
            [name] = value,
        };
        var path = Path.Combine(folder, "connection.json");
        File.WriteAllText(path, $"{{{string.Join(",", fields.Select(f => $"\"{f.Key}\":{f.Value}"))}}}");
        return ConnectionFile.Read(path);
    }
}
