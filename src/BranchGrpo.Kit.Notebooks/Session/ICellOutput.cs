namespace BranchGrpo.Kit.Notebooks.Session;

/// <summary>Where the output of a running cell goes: a notebook file, a Jupyter client, a test.</summary>
public interface ICellOutput
{
    /// <summary>Text that the cell wrote to the console.</summary>
    /// <param name="name"><c>stdout</c> or <c>stderr</c>.</param>
    /// <param name="text">As written.</param>
    void Stream(string name, string text);

    /// <summary>A value that the cell displayed.</summary>
    /// <param name="bundle">Its forms.</param>
    /// <param name="id">By which it can be updated; null for a value that never is.</param>
    void Display(MimeBundle bundle, string? id);

    /// <summary>A displayed value has changed.</summary>
    void Update(MimeBundle bundle, string id);

    /// <summary>Removes what the cell has shown so far.</summary>
    /// <param name="wait">Only when the next output comes.</param>
    void Clear(bool wait);

    /// <summary>Asks the reader for a line.</summary>
    /// <exception cref="NotSupportedException">Nobody is there to answer.</exception>
    string Input(string prompt, bool password);
}
