using System.Text.Json.Nodes;
using BranchGrpo.Kit.Notebooks.Documents;
using BranchGrpo.Kit.Notebooks.Session;

namespace BranchGrpo.Kit.Notebooks.Tests;

public sealed class DocumentTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("notebook-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Outputs_are_written_as_front_ends_expect_them()
    {
        var notebook = Made("Console.Write(\"a\"); Console.WriteLine(\"b\"); Console.Error.Write(\"e\"); var d = display(\"x\"); d.Update(\"y\"); 1 + 1");
        await NotebookRunner.RunAsync(notebook);
        var outputs = notebook.Cells[0].Outputs;
        Assert.Equal(["stream", "stream", "display_data", "execute_result"], outputs.Select(o => (string)o!["output_type"]!));
        Assert.Equal(["ab\n"], ((JsonArray)outputs[0]!["text"]!).Select(l => (string)l!));
        Assert.Equal("stderr", (string)outputs[1]!["name"]!);
        Assert.Contains("y", outputs[2]!["data"]!.ToJsonString());
        Assert.DoesNotContain("\"x\"", outputs[2]!["data"]!.ToJsonString());
        Assert.Equal(1, (int)notebook.Cells[0].Json["execution_count"]!);
        notebook.Write(Path.Combine(folder, "out.ipynb"));
        Assert.Equal("kept", (string)NotebookDocument.Read(Path.Combine(folder, "out.ipynb")).Cells[0].Json["metadata"]!["foreign"]!);
    }

    [Theory]
    [InlineData("10 %\r20 %\r30 %\n", "30 %\n")]
    [InlineData("a\r\nb", "a\nb")]
    [InlineData("long line\rok      \n\nend", "ok\n\nend")]
    public void A_line_that_was_written_over_keeps_its_last_form(string written, string kept) => Assert.Equal(kept, RecordedOutput.Overwritten(written));

    [Fact]
    public void Cleared_outputs_go_when_the_next_one_comes()
    {
        var output = new RecordedOutput();
        output.Display(MimeBundle.Text("first"), null);
        output.Clear(wait: true);
        Assert.Single(output.ToJson());
        output.Stream("stdout", "second");
        Assert.Equal("stream", (string)Assert.Single(output.ToJson())!["output_type"]!);
        output.Clear(wait: false);
        Assert.Empty(output.ToJson());
    }

    [Fact]
    public async Task A_run_stops_at_the_first_failing_cell_and_at_a_cell_that_takes_too_long()
    {
        var notebook = Made("int a = 1;", "a++;\nint[] b = [];\nb[a] = 0;", "a");
        var failure = await Assert.ThrowsAsync<NotebookFailure>(() => NotebookRunner.RunAsync(notebook));
        Assert.Contains("cell 2 of the notebook failed, line 3: `b[a] = 0;`: IndexOutOfRangeException", failure.Message);
        Assert.Null(notebook.Cells[2].Json["execution_count"]);
        failure = await Assert.ThrowsAsync<NotebookFailure>(() => NotebookRunner.RunAsync(Made("while (true) { }"), TimeSpan.FromSeconds(1)));
        Assert.Contains("longer than 1 s", failure.Message);
        failure = await Assert.ThrowsAsync<NotebookFailure>(() => NotebookRunner.RunAsync(Made("Console.ReadLine()")));
        Assert.Contains("headless", failure.Message);
    }

    [Theory]
    [InlineData("double? a = 4;", null)]
    [InlineData("double? a = 5;", "does not check as right")]
    [InlineData("nothing", "CS")]
    public async Task A_solution_must_check_as_right(string line, string? fault)
    {
        const string check = "Exercise.Check(\"two and two\", a, x => x == 4, \"count\")";
        var exercise = Cell("#r \"BranchGrpo.Kit.Notebooks.dll\"\nusing BranchGrpo.Kit.Notebooks;\ndouble? a = null;\n" + check);
        exercise["metadata"]!["tags"] = new JsonArray("exercise");
        var solution = new JsonObject
        {
            ["cell_type"] = "markdown", ["metadata"] = new JsonObject(),
            ["source"] = $"<details><summary>Solution</summary>\n\n```csharp\n{line}\n{check}\n```\n</details>",
        };
        var run = NotebookRunner.RunAsync(Saved(exercise, solution), solve: true);
        if (fault is null) await run;
        else Assert.Contains(fault, (await Assert.ThrowsAsync<NotebookFailure>(() => run)).Message);
    }

    [Fact]
    public async Task Check_names_every_fault()
    {
        var notebook = Made("int a = 1;", "a + 1", string.Join("\n", Enumerable.Range(0, 13).Select(i => $"int x{i} = {i};")));
        Assert.Contains(NotebookCheck.Faults(notebook), f => f.Contains("cell 1: was not executed", StringComparison.Ordinal));
        Assert.Contains(NotebookCheck.Faults(notebook), f => f.Contains("cell 3: 13 lines", StringComparison.Ordinal));
        Assert.Contains(NotebookCheck.Faults(notebook), f => f.Contains(".net-csharp", StringComparison.Ordinal));
        await NotebookRunner.RunAsync(notebook);
        Assert.DoesNotContain(NotebookCheck.Faults(notebook), f => f.Contains("executed", StringComparison.Ordinal));
        Assert.DoesNotContain(NotebookCheck.Faults(notebook), f => f.Contains("older", StringComparison.Ordinal));
        notebook.Cells[0].Json["source"] = "int a = 2;";
        Assert.Equal(3, NotebookCheck.Faults(notebook).Count(f => f.Contains("outputs are older", StringComparison.Ordinal)));
        notebook.Cells[1].Outputs.Add(new JsonObject { ["output_type"] = "error" });
        Assert.Contains(NotebookCheck.Faults(notebook), f => f.Contains("cell 2: an error among the outputs", StringComparison.Ordinal));
        Assert.Contains(NotebookCheck.Faults(Padded()), f => f.Contains("at most 1024 KiB", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_page_holds_text_code_and_outputs_and_loads_nothing()
    {
        var notebook = Made("#!markdown\n*slanted*", "Console.Write(\"<&>\"); HTML(\"<b id=x>bold</b>\")");
        await NotebookRunner.RunAsync(notebook);
        var page = NotebookPage.Of(notebook);
        Assert.Contains("<em>slanted</em>", page);
        Assert.Contains("&lt;&amp;&gt;</pre>", page);
        Assert.Contains("<b id=x>bold</b>", page);
        Assert.DoesNotMatch("<(script|link|img)[^>]+(src|href)=[\"']?http", page);
        Assert.Equal(1, page.Split("plotly.js v2").Length - 1);
    }

    [Theory]
    [InlineData("{", "is not a notebook")]
    [InlineData("{\"cells\":[],\"nbformat\":3}", "format 4")]
    [InlineData("[]", "format 4")]
    public void What_is_no_notebook_is_refused(string text, string expected)
    {
        var path = Path.Combine(folder, "bad.ipynb");
        File.WriteAllText(path, text);
        Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => NotebookDocument.Read(path)).Message);
    }

    private static JsonObject Cell(string code) => new()
    {
        ["cell_type"] = "code",
        ["execution_count"] = null,
        ["metadata"] = new JsonObject { ["foreign"] = "kept" },
        ["outputs"] = new JsonArray(),
        ["source"] = code,
    };

    private NotebookDocument Made(params string[] codes) => Saved([.. codes.Select(Cell)]);

    private NotebookDocument Padded()
    {
        var cell = Cell("1");
        cell["outputs"] = new JsonArray(new JsonObject { ["output_type"] = "stream", ["name"] = "stdout", ["text"] = new string('x', 1 << 20) });
        return Saved(cell);
    }

    private NotebookDocument Saved(params JsonNode[] cells)
    {
        var path = Path.Combine(folder, $"{Guid.NewGuid():N}.ipynb");
        var json = new JsonObject { ["cells"] = new JsonArray(cells), ["metadata"] = new JsonObject(), ["nbformat"] = 4, ["nbformat_minor"] = 5 };
        File.WriteAllText(path, json.ToJsonString());
        return NotebookDocument.Read(path);
    }
}
