using Xunit;

namespace BranchGrpo.Cli.Tests;

/// <summary>The program as a user starts it: exit codes, one clear message, nothing half-written.</summary>
public sealed class EntryPointTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("run BranchGPRO", "did you mean 'BranchGRPO'?")]
    [InlineData("cost mixgrop", "did you mean 'MixGRPO'?")]
    [InlineData("compare --methods DanceGRPO,Nothing", "no recipe 'Nothing'")]
    [InlineData("compare --preset slow", "no preset 'slow'")]
    [InlineData("compare --geometry round", "no geometry 'round'")]
    [InlineData("compare --seeds 0", "--seeds is 0")]
    [InlineData("run BranchGRPO --seconds -3", "--seconds is -3")]
    [InlineData("run BranchGRPO --iterations 0", "--iterations is 0")]
    [InlineData("run BranchGRPO --micro-batch 0", "--micro-batch is 0, must be at least 1")]
    [InlineData("compare --device abacus", "no device 'abacus'")]
    [InlineData("sample --prompts \"purple nothing\"", "purple")]
    [InlineData("sample --checkpoint /no/such/file", "/no/such/file")]
    [InlineData("compare --seeds many", "--seeds")]
    [InlineData("worker", "standard input")]
    [InlineData("snr Nothing", "no recipe 'Nothing'")]
    [InlineData("snr BranchGRPO --iterations 2", "--iterations is 2, must be at least 3")]
    [InlineData("snr --geometry round", "no geometry 'round'")]
    [InlineData("notebook run nothing.ipynb", "there is no notebook")]
    [InlineData("notebook run", "Required argument missing")]
    [InlineData("notebook check nothing.ipynb", "there is no notebook")]
    [InlineData("kernel run --connection-file nothing.json", "nothing.json")]
    [InlineData("models check nothing", "no folder")]
    [InlineData("models embed --models nothing --prompts nothing.txt", "no folder")]
    [InlineData("run flux-branchgrpo", "needs --models")]
    [InlineData("run flux-branchgrpo --models nothing --prompts nothing.txt", "no folder")]
    [InlineData("run flux-branchgpro --models . --prompts nothing.txt", "no prompt file")]
    [InlineData("run BranchGRPO --models .", "--models goes with recipes of image models")]
    [InlineData("compare --methods flux-branchgrpo,BranchGRPO", "are not of one task")]
    [InlineData("eval", "needs --models")]
    [InlineData("eval --models nothing --prompts nothing.txt", "no folder")]
    [InlineData("sample --models nothing --prompts cat", "no folder")]
    [InlineData("leaves Nothing", "no recipe 'Nothing'")]
    [InlineData("leaves BranchGRPO --samples 3", "--samples is 3")]
    [InlineData("leaves BranchGRPO --samples 20", "1 tree(s) of 16 leaves; ask for at least 32")]
    [InlineData("leaves BranchGRPO --checkpoint /no/such/file", "/no/such/file")]
    [InlineData("leaves BranchGRPO --geometry round", "no geometry 'round'")]
    [InlineData("ablate nothing", "no entry 'nothing'; there are all, main")]
    [InlineData("ablate main --seeds 0", "--seeds is 0")]
    [InlineData("ablate main --seconds 0", "--seconds is 0")]
    [InlineData("ablate main --preset slow", "no preset 'slow'")]
    [InlineData("ablate main --jobs 0", "--jobs is 0")]
    public async Task Bad_input_is_told_in_one_message(string arguments, string expected)
    {
        var (code, output, error) = await StartAsync(arguments);
        Assert.NotEqual(0, code);
        Assert.Contains(expected, error);
        Assert.DoesNotContain("   at ", error + output);
        Assert.True(error.Trim().Split('\n').Length <= 2, error);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task Cuda_that_is_not_there_is_said_to_be_missing()
    {
        var (code, _, error) = await StartAsync("compare --preset dry --device cuda", ("CUDA_VISIBLE_DEVICES", "-1"));
        Assert.Equal(1, code);
        Assert.Contains("no CUDA device", error);
    }

    [Fact]
    public async Task Doctor_says_what_is_missing_and_how_to_get_it()
    {
        var (code, output, _) = await StartAsync("doctor", ("BRANCHGRPO_LIBTORCH", folder.File("nothing")), ("BRANCHGRPO_DATA", folder.File("nothing")));
        Assert.Equal(1, code);
        Assert.Contains("MISSING: BRANCHGRPO_LIBTORCH", output);
        Assert.Contains("shapes pretrain", output);
        (code, output, _) = await StartAsync("doctor");
        Assert.Equal(0, code);
        Assert.Equal(3, output.Split("as listed").Length - 1);
    }

    [Fact]
    public async Task Missing_and_damaged_weights_are_told_before_anything_is_written()
    {
        var (code, _, error) = await StartAsync("compare --preset dry --out out", ("BRANCHGRPO_DATA", folder.File("nothing")));
        Assert.Equal(1, code);
        Assert.Contains("shapes pretrain", error);
        Directory.CreateDirectory(folder.File("data/shapes"));
        foreach (var name in (string[])["policy", "reward", "reward-heldout"])
        {
            File.WriteAllText(folder.File($"data/shapes/{name}.safetensors"), "not weights");
        }
        (code, _, error) = await StartAsync("compare --preset dry --out out", ("BRANCHGRPO_DATA", folder.File("data")));
        Assert.Equal(1, code);
        Assert.Contains(folder.File("data/shapes"), error);
        Assert.DoesNotContain("   at ", error);
        Assert.False(Directory.Exists(folder.File("out")));
    }

    [Fact]
    public async Task Folder_that_cannot_be_written_is_refused()
    {
        File.WriteAllText(folder.File("file"), "");
        var (code, _, error) = await StartAsync("compare --preset dry --out file/inside");
        Assert.Equal(1, code);
        Assert.Contains("cannot write to the run folder", error);
    }

    [Fact]
    public async Task Help_recipes_and_cost_need_nothing()
    {
        Assert.Contains("compare", (await StartAsync("--help")).Output);
        var (code, recipes, _) = await StartAsync("recipes --geometry paper");
        Assert.Equal(0, code);
        Assert.Contains("BranchGRPO-Split", recipes);
        Assert.Contains("0×2 3×2 6×2 9×2", recipes);
        Assert.DoesNotContain("`1", recipes);
        (code, var cost, _) = await StartAsync("cost BranchGRPO --geometry paper");
        Assert.Equal(0, code);
        Assert.Contains("12.69", cost);                                         // 203 evaluations of 16 leaves
        Assert.Contains("13.68 / 13.68", cost);
        Assert.Contains("peak MB", cost);
        Assert.Matches("91 / 237", cost);                                       // 64 activations of 0.86 MB, or 4 x 64 kept, with what is there besides
        (code, cost, _) = await StartAsync("cost flux-branchgrpo");
        Assert.Equal((0, true), (code, cost.Contains("12.69", StringComparison.Ordinal)));
        Assert.DoesNotContain("peak MB", cost);                                 // the embedded task's
    }

    [Fact]
    public async Task Notebooks_are_run_checked_and_exported()
    {
        const string cell = """
            {"cell_type":"code","id":"a","execution_count":null,"metadata":{},"outputs":[],"source":"int x = 20;\nx + CELL"}
            """;
        void Write(string name, string code) => File.WriteAllText(folder.File(name),
            $"{{\"cells\":[{cell.Replace("CELL", code, StringComparison.Ordinal)}],\"metadata\":{{}},\"nbformat\":4,\"nbformat_minor\":5}}");
        Write("good.ipynb", "22");
        Write("bad.ipynb", "y");
        var (code, output, error) = await StartAsync("notebook run good.ipynb bad.ipynb --preset dry --out ran");
        Assert.Equal(1, code);
        Assert.Contains("cell 1 of the notebook failed, line 2: `x + y`", error);
        Assert.DoesNotContain("   at ", error + output);
        Assert.Contains("\"42\"", File.ReadAllText(folder.File("ran/good.ipynb")));
        Assert.Contains("\"error\"", File.ReadAllText(folder.File("ran/bad.ipynb")));        // the reader of the executed copy sees what failed
        var before = File.ReadAllText(folder.File("bad.ipynb"));
        Assert.Equal(1, (await StartAsync("notebook run bad.ipynb --in-place")).Code);
        Assert.Equal(before, File.ReadAllText(folder.File("bad.ipynb")));
        Assert.Equal(1, (await StartAsync("notebook run good.ipynb --in-place --out ran")).Code);
        (code, output, _) = await StartAsync("notebook check good.ipynb");
        Assert.Equal((1, true), (code, output.Contains("cell 1: was not executed", StringComparison.Ordinal)));
        Assert.Equal(0, (await StartAsync("notebook html ran/good.ipynb")).Code);
        Assert.Contains("42", File.ReadAllText(folder.File("ran/good.html")));
    }

    private Task<(int Code, string Output, string Error)> StartAsync(string arguments, params (string Name, string Value)[] environment) =>
        StartedProgram.RunAsync(folder.Path, arguments, environment);
}
