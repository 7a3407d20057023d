using BranchGrpo.Kit.Notebooks.Session;

namespace BranchGrpo.Kit.Notebooks.Documents;

/// <summary>A cell of a notebook failed in a headless run.</summary>
public sealed class NotebookFailure : Exception
{
    /// <summary>Says where and why.</summary>
    /// <param name="path">The notebook.</param>
    /// <param name="cell">Index of the cell among all cells, from 0.</param>
    /// <param name="source">Its code.</param>
    /// <param name="error">What happened.</param>
    public NotebookFailure(string path, int cell, string source, CellError error) : base(Say(path, cell, source, error)) => (Cell, Error) = (cell, error);

    /// <summary>Index of the cell among all cells, from 0.</summary>
    public int Cell { get; }

    /// <summary>What happened.</summary>
    public CellError Error { get; }

    private static string Say(string path, int cell, string source, CellError error)
    {
        var lines = source.ReplaceLineEndings("\n").Split('\n');
        var where = error.Line is { } line && line <= lines.Length ? $", line {line}: `{lines[line - 1].Trim()}`" : "";
        return $"{path}: cell {cell + 1} of the notebook failed{where}: {error.Name.Split('.')[^1]}: {error.Message}";
    }
}
