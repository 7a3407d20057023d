using System.Runtime.CompilerServices;
using BranchGrpo.Kit.Notebooks.Documents;

namespace BranchGrpo.Kit.Notebooks.Tests;

/// <summary>Every notebook of the repository runs from top to bottom at preset dry, and the solutions of its exercises are right.</summary>
public sealed class NotebookTests
{
    public static TheoryData<string> Notebooks => [.. Directory.EnumerateFiles(Folder, "*.ipynb").Select(p => Path.GetFileName(p)!).Order()];

    private static string Folder => Path.Combine(Repository(), "notebooks");

    [Theory]
    [MemberData(nameof(Notebooks))]
    public async Task Notebook_runs(string name)
    {
        var notebook = NotebookDocument.Read(Path.Combine(Folder, name));
        await NotebookRunner.RunAsync(notebook, timeout: TimeSpan.FromMinutes(5), solve: true);
        Assert.Contains(notebook.Cells, c => c.Tags.Contains("exercise"));
        Assert.All(notebook.Cells.Where(c => c.IsCode), c => Assert.NotNull(c.Json["execution_count"]));
    }

    [Theory]
    [MemberData(nameof(Notebooks))]
    public void Notebook_is_fit_to_read(string name) => Assert.Empty(NotebookCheck.Faults(NotebookDocument.Read(Path.Combine(Folder, name))));

    [Fact]
    public async Task A_broken_notebook_is_noticed()
    {
        var notebook = NotebookDocument.Read(Path.Combine(Folder, "checks", "must_fail.ipynb"));
        var failure = await Assert.ThrowsAsync<NotebookFailure>(() => NotebookRunner.RunAsync(notebook));
        Assert.Equal((2, 2), (failure.Cell, failure.Error.Line));
        Assert.Contains("cell 3 of the notebook failed, line 2: `Claim.Holds(", failure.Message);
        Assert.Contains("two and two are five", failure.Message);
        Assert.Equal("error", (string?)notebook.Cells[2].Outputs[^1]!["output_type"]);
        Assert.Empty(notebook.Cells[3].Outputs);
    }

    internal static string Repository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "BranchGrpo.Kit.sln"))) folder = folder.Parent;
        return folder.FullName;
    }

    /// <summary>Tests compute little, notice every claim, and leave nothing in the repository.</summary>
    [ModuleInitializer]
    internal static void Dry()
    {
        Environment.SetEnvironmentVariable(LabPreset.Variable, "dry");
        Environment.SetEnvironmentVariable(Claim.Strict, "1");
        Environment.SetEnvironmentVariable(PlotlySource.Variable, "cdn");
        Environment.SetEnvironmentVariable("BRANCHGRPO_RUNS", Directory.CreateTempSubdirectory("branchgrpo-runs-").FullName);
    }
}
