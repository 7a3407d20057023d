namespace BranchGrpo.Kit.Notebooks.Session;

/// <summary>One notebook's state: C# across cells.</summary>
public sealed class NotebookSession : IDisposable
{
    /// <summary>A fresh session.</summary>
    /// <param name="folder">Folder of the notebook: relative paths mean this.</param>
    public NotebookSession(string folder) => Folder = folder;

    /// <summary>Folder of the notebook.</summary>
    public string Folder { get; }

    /// <summary>Number of cells executed.</summary>
    public int Count { get; private set; }

    /// <summary>Runs a cell. One at a time; never throws for what the cell does.</summary>
    public Task<CellResult> ExecuteAsync(string code, ICellOutput output) => throw new NotSupportedException();

    /// <summary>Stops the running cell: loops of the cell and trainings of the kit end at their next turn; the state stays. Any thread.</summary>
    public void Interrupt() => throw new NotSupportedException();

    /// <summary>What can stand at a place.</summary>
    public Task<Completions> CompleteAsync(string code, int cursor) => throw new NotSupportedException();

    /// <summary>What stands at a place: signature and XML documentation as Markdown. Null for nothing.</summary>
    public Task<string?> InspectAsync(string code, int cursor) => throw new NotSupportedException();

    /// <summary>Whether the code can be executed as it is, with the indentation of a next line where not.</summary>
    public Completeness IsComplete(string code) => throw new NotSupportedException();

    /// <summary>Ends the session.</summary>
    public void Dispose() { }
}

/// <summary>What can stand at a place of a cell.</summary>
/// <param name="Start">First character that a choice replaces.</param>
/// <param name="End">End of what a choice replaces.</param>
/// <param name="Choices">Text of each choice and what it is, e.g. <c>method</c>.</param>
public sealed record Completions(int Start, int End, IReadOnlyList<(string Text, string Kind)> Choices);

/// <summary>Whether code can be executed.</summary>
/// <param name="Status"><c>complete</c>, <c>incomplete</c> or <c>invalid</c>.</param>
/// <param name="Indent">Indentation of the next line where incomplete.</param>
public sealed record Completeness(string Status, string Indent = "");
