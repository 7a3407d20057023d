using BranchGrpo.Kit.Notebooks.Session;

namespace BranchGrpo.Kit.Notebooks.Tests;

public sealed class SessionTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("session-").FullName;
    private readonly Collected output = new();
    private readonly NotebookSession session;

    public SessionTests() => session = new NotebookSession(folder);

    public void Dispose()
    {
        session.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task State_types_and_awaits_live_across_cells()
    {
        Assert.Null((await Run("int x = 20; record Point(int X); async Task<int> Twice(int y) { await Task.Delay(1); return 2 * y; }")).Value);
        Assert.Equal("42", await Value("await Twice(x) + new Point(2).X"));
        Assert.Equal("21", await Value("x += 1; x"));
        await Run("var x = \"now a text\";");                                // a new declaration hides the old one
        Assert.Equal("now a text", await Value("x"));
        Assert.Null((await Run("Console.Write(x)")).Value);                  // void gives no value
        Assert.Equal("now a text", output.Console);
        Assert.NotNull((await Run("(string)null")).Value);                   // null is one
        Assert.Equal("7", await Value("int Field { get => field; set => field = value + 1; }\nvar l = (int[])[3, 4]; l.Sum()"));
    }

    [Fact]
    public async Task An_error_names_its_line_and_keeps_what_was_done()
    {
        var error = (await Run("int a = 1;\na = 2;\nthrow new InvalidOperationException(\"no\");\na = 3;")).Error!;
        Assert.Equal((3, "no"), (error.Line, error.Message));
        Assert.Equal("2", await Value("a"));
        error = (await Run("var b = 1;\n\nb.Nothing();")).Error!;
        Assert.Equal(3, error.Line);
        Assert.Contains("CS1061", error.Message);
        Assert.Equal("CS0103", (await Run("b")).Error!.Message[..6]);        // what did not compile left nothing
        error = (await Run("#!time\nvoid Deep() => throw new Exception(\"deep\");\nfor (int i = 0; i < 2; i++)\n    if (i == 1) Deep();")).Error!;
        Assert.Equal(2, error.Line);
        Assert.Contains(error.Trace, l => l.Contains("line 4", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("while (true) { n++; }")]
    [InlineData("for (;;) n++;")]
    [InlineData("do n++; while (true);")]
    [InlineData("IEnumerable<int> All() { while (true) yield return 1; }\nforeach (var i in All()) foreach (var j in All()) n++;")]
    [InlineData("Action<int> f = k => { while (true) n++; }; f(1);")]
    [InlineData("await Task.Run(() => { while (true) n++; });")]
    public async Task An_interrupt_ends_any_loop_and_the_state_stays(string loop)
    {
        await Run("long n = 0;");
        var running = session.ExecuteAsync(loop, output);
        await Task.Delay(300);
        Assert.False(running.IsCompleted);
        session.Interrupt();
        Assert.Same(running, await Task.WhenAny(running, Task.Delay(20_000)));
        Assert.Equal("KeyboardInterrupt", (await running).Error!.Name);
        Assert.Equal("True", await Value("n > 0 || true"));
        Assert.Equal("6", await Value("int s = 0; for (int i = 0; i < 4; i++) s += i; s"));
    }

    [Fact]
    public async Task Loops_of_every_shape_mean_what_they_meant()
    {
        Assert.Equal("36", await Value("int s = 0; for (int i = 0; i < 3; i++) for (int j = 0; j < 3; j++) if (i != j) s += i + j; else continue;\n"
            + "foreach (var (a, b) in new[] { (1, 2), (3, 4) }) s += a * b;\nwhile (s < 20) s++;\ndo { s += 2; } while (s < 30);\ns + 6"));
    }

    [Fact]
    public async Task Displays_can_be_updated_and_cleared()
    {
        const string code = "var d = display(\"one\"); d.Update(\"two\"); \"three\".Display(); 5.Display(\"text/plain\"); ((object)6).Display(); "
            + "ClearOutput(true);";
        Assert.Null((await Run(code)).Error);
        var (shown, changed) = (output.Items[0], output.Items[1]);
        Assert.Equal(("display", "update"), (shown.Kind, changed.Kind));
        Assert.Equal(shown.Id, changed.Id);
        Assert.Contains("two", changed.Text);
        Assert.Contains("three", output.Items[2].Text);
        Assert.Equal("text/plain: 5", output.Items[3].Text);
        Assert.Contains("6", output.Items[4].Text);
        Assert.Equal("clear", output.Items[5].Kind);
        Assert.Equal("text/html: <b>x</b>", Show(await Run("HTML(\"<b>x</b>\")")));
    }

    [Fact]
    public async Task Input_is_asked_of_the_reader()
    {
        output.Answers.Enqueue("Ann");
        output.Answers.Enqueue("secret");
        Assert.Equal("Ann secret", await Value("Console.ReadLine() + \" \" + await GetPasswordAsync(\"?\")"));
        Assert.Equal("nobody answers", (await Run("Console.ReadLine()")).Error!.Message);
    }

    [Fact]
    public async Task Directives_do_what_they_say_or_say_why_not()
    {
        File.WriteAllText(Path.Combine(folder, "part.csx"), "int part = 3;");
        File.WriteAllText(Path.Combine(folder, "loaded.csx"), "int loaded = 4;");
        File.WriteAllText(Path.Combine(folder, "other.ipynb"), """
            {"cells":[{"cell_type":"markdown","source":"x"},{"cell_type":"code","source":["int a1 =","\n 5;"]}]}
            """);
        Assert.Equal("12", await Value("#!import \"part.csx\"\n#!import other.ipynb\n#!csharp\n#load \"loaded.csx\"\nint sum = part + loaded + a1; sum"));
        Assert.Null((await Run("#!markdown\n# Title\ntext")).Error);
        Assert.Equal("text/markdown: # Title\ntext", output.Items[^1].Text);
        await Run("#!time\nvar y = 1;");
        Assert.StartsWith("text/plain: Wall time: ", output.Items[^1].Text);
        await Run("#!who");
        Assert.Contains("part", output.Items[^1].Text);
        await Run("#!whos");
        Assert.Contains("Int32", output.Items[^1].Text.Replace("int", "Int32", StringComparison.Ordinal));
        Assert.Contains("one: C#", (await Run("#!share --from fsharp x")).Error!.Message);
        Assert.Contains("one: C#", (await Run("#!set --name x --value 1")).Error!.Message);
        Assert.Contains("#!fsharp is not known", (await Run("#!fsharp\nlet x = 1")).Error!.Message);
        Assert.Contains("no file nothing.csx", (await Run("#!import nothing.csx")).Error!.Message);
        Assert.Contains("not understood", (await Run("#r \"nuget: \"")).Error!.Message);
    }

    [Fact]
    public async Task Packages_and_files_can_be_referred_to()
    {
        Assert.Equal("True", await Value("#r \"nuget: CsCheck, 5.0.1\"\nusing CsCheck;\nGen.Int[1, 6].Array[3].Single().Length == 3"));
        Assert.Equal("text/plain: Installed package CsCheck", output.Items[^1].Text);
        var error = (await Run("#r \"nuget: No.Such.Package.Anywhere, 1.0.0\"")).Error!;
        Assert.Contains("Package No.Such.Package.Anywhere 1.0.0 could not be restored", error.Message);
        Assert.Contains("NU1101", error.Message);
        Assert.Contains("nothing.dll", (await Run("#r \"nothing.dll\"")).Error!.Message);
    }

    [Fact]
    public async Task The_kit_is_the_hosts_wherever_a_cell_refers_to_it()
    {
        Assert.Equal("True", await Value("""
            #r "anywhere/TorchSharp.dll"
            #r "anywhere/BranchGrpo.Kit.dll"
            #r "anywhere/BranchGrpo.Kit.Notebooks.dll"
            using TorchSharp; using BranchGrpo.Kit; using BranchGrpo.Kit.Notebooks;
            torch.ones(3).sum().item<float>() == 3 && Lab.Preset is not null
            """));
        await Run("Lab.Preset");
        var type = (await Run("Console.Write(typeof(Recipes).Assembly.Location)")).Error;
        Assert.Null(type);
        Assert.Equal(typeof(Recipes).Assembly.Location, output.Console);
    }

    [Fact]
    public async Task Completion_inspection_and_completeness_know_earlier_cells()
    {
        await Run("#r \"BranchGrpo.Kit.dll\"\nusing BranchGrpo.Kit;\nvar recipe = Recipes.Find(\"BranchGRPO\", Geometry.Quick);");
        const string code = "recipe.Learn";
        var choices = await session.CompleteAsync(code, code.Length);
        Assert.Equal((7, 12), (choices.Start, choices.End));
        Assert.Equal(["LearningRate"], choices.Choices.Select(c => c.Text));
        Assert.Contains((await session.CompleteAsync("rec", 3)).Choices, c => c.Text == "recipe");
        var inspected = await session.InspectAsync("Recipes.Find(\"a\", Geometry.Quick)", 10);
        Assert.Contains("Recipe Recipes.Find(string name, Geometry geometry)", inspected);
        Assert.Contains("The recipe of a name", inspected);
        Assert.Null(await session.InspectAsync("   ", 1));
        Assert.Equal("complete", session.IsComplete("var z = 1;").Status);
        Assert.Equal(("incomplete", "    "), (session.IsComplete("if (true) {").Status, session.IsComplete("if (true) {").Indent));
        Assert.Equal("invalid", session.IsComplete("var = = 1;").Status);
    }

    private Task<CellResult> Run(string code) => session.ExecuteAsync(code, output);

    private async Task<string> Value(string code)
    {
        var result = await Run(code);
        Assert.True(result.Error is null, result.Error?.Message);
        var html = result.Value!.Data.TryGetValue("text/plain", out var plain) ? plain : result.Value.Data["text/html"];
        return html.Replace("<div class=\"dni-plaintext\"><pre>", "", StringComparison.Ordinal)
            .Replace("</pre></div>", "", StringComparison.Ordinal).Split("<style>")[0].Trim();
    }

    private static string Show(CellResult result) => string.Join("\n", result.Value!.Data.Select(d => $"{d.Key}: {d.Value}"));
}
