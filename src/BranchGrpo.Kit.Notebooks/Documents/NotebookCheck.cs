namespace BranchGrpo.Kit.Notebooks.Documents;

/// <summary>Says what keeps a notebook from being fit to commit.</summary>
public static class NotebookCheck
{
    /// <summary>Most lines of a code cell.</summary>
    public const int MaximumLines = 12;

    /// <summary>Most bytes of a notebook.</summary>
    public const long MaximumBytes = 1 << 20;

    /// <summary>The faults of a notebook, in order; none for a good one.</summary>
    public static IEnumerable<string> Faults(NotebookDocument notebook)
    {
        if ((string?)notebook.Metadata["kernelspec"]?["name"] != ".net-csharp")
            yield return "metadata.kernelspec.name is not .net-csharp: VS Code Polyglot would not know the notebook";
        if ((string?)notebook.Metadata["polyglot_notebook"]?["kernelInfo"]?["defaultKernelName"] != "csharp")
            yield return "metadata.polyglot_notebook.kernelInfo.defaultKernelName is not csharp";
        if ((int?)notebook.Json["nbformat_minor"] is not >= 5) yield return "nbformat is older than 4.5";
        var ids = notebook.Cells.Select(c => (string?)c.Json["id"]).ToArray();
        if (ids.Any(string.IsNullOrEmpty) || ids.Distinct().Count() < ids.Length) yield return "cells lack ids, or share them";
        for (var i = 0; i < notebook.Cells.Count; i++)
            if (notebook.Cells[i].IsCode)
                foreach (var fault in Faults(notebook, i)) yield return $"cell {i + 1}: {fault}";
        if (new FileInfo(notebook.Path).Length is var bytes && bytes > MaximumBytes)
            yield return $"{bytes / 1024} KiB; at most {MaximumBytes / 1024} KiB are wanted, outputs included";
    }

    private static IEnumerable<string> Faults(NotebookDocument notebook, int i)
    {
        var cell = notebook.Cells[i];
        var lines = cell.Source.TrimEnd().Split('\n').Length;
        if (lines > MaximumLines) yield return $"{lines} lines; at most {MaximumLines} are wanted";
        if (cell.Outputs.Any(o => (string?)o!["output_type"] == "error")) yield return "an error among the outputs";
        if (cell.Json["execution_count"] is null) yield return "was not executed";
        else if ((string?)cell.Json["metadata"]?[NotebookCell.Ran] is not { } ran) yield return "does not say what code its outputs came from";
        else if (ran != notebook.FingerprintTo(i)) yield return "its outputs are older than its code or the code above it";
    }
}
