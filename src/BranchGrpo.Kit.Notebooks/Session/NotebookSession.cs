using System.Diagnostics;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Scripting;
using Microsoft.DotNet.Interactive.Formatting;

namespace BranchGrpo.Kit.Notebooks.Session;

/// <summary>One notebook's state: C# 14 across cells, with the directives and displays of the .NET Interactive kernel.</summary>
public sealed class NotebookSession : IDisposable
{
    private readonly ScriptRunner script;
    private readonly CellDirectives directives;
    private readonly IDisposable subscription;
    private readonly CodeServices services;

    /// <summary>A fresh session.</summary>
    /// <param name="folder">Folder of the notebook: relative paths mean this.</param>
    public NotebookSession(string folder)
    {
        Folder = Path.GetFullPath(folder);
        script = new ScriptRunner(Folder);
        services = new CodeServices(script);
        directives = new CellDirectives(this, script);
        subscription = Formatter.SubscribeToDisplayedValues(shown =>
            CellConsole.Running?.Display(Displays.Bundle(shown.FormattedValues), shown.IsUpdated ? shown.DisplayId : null));
        Formatter.ListExpansionLimit = 20;
        KernelFormatters.Register();
    }

    /// <summary>Folder of the notebook.</summary>
    public string Folder { get; }

    /// <summary>Number of the last cell executed, as errors name it.</summary>
    public int Count { get; private set; }

    /// <summary>Runs a cell. One at a time; never throws for what the cell does.</summary>
    /// <param name="code">The cell.</param>
    /// <param name="output">Takes what it shows.</param>
    /// <param name="number">Its number; the next one if null.</param>
    public async Task<CellResult> ExecuteAsync(string code, ICellOutput output, int? number = null)
    {
        Count = number ?? Count + 1;
        CellInterrupt.Begin();
        return await Task.Factory
            .StartNew(() => RunAsync(code, output), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
    }

    /// <summary>Stops the running cell: loops of the cell and trainings of the kit end at their next turn; the state stays. Any thread.</summary>
    public void Interrupt() => CellInterrupt.Request();

    /// <summary>What can stand at a place.</summary>
    public Task<Completions> CompleteAsync(string code, int cursor) => services.CompleteAsync(code, cursor);

    /// <summary>What stands at a place: signature and XML documentation as Markdown. Null for nothing.</summary>
    public Task<string?> InspectAsync(string code, int cursor) => services.InspectAsync(code, cursor);

    /// <summary>Whether the code can be executed as it is, with the indentation of a next line where not.</summary>
    public Completeness IsComplete(string code)
    {
        var tree = CSharpSyntaxTree.ParseText(string.Concat(CellPart.Of(code).Select(p => p.Directive == "" ? p.Text : "")), ScriptRunner.ParseOptions);
        if (!SyntaxFactory.IsCompleteSubmission(tree)) return new("incomplete", "    ");
        return new(tree.GetDiagnostics().Any(d => d.Severity == Microsoft.CodeAnalysis.DiagnosticSeverity.Error) ? "invalid" : "complete");
    }

    /// <summary>Ends the session.</summary>
    public void Dispose()
    {
        subscription.Dispose();
        services.Dispose();
    }

    /// <summary>Runs the parts of a cell, or of a file that a cell imports.</summary>
    /// <returns>The value of the last expression, where there is one.</returns>
    /// <exception cref="CellFailure">A part failed.</exception>
    internal async Task<MimeBundle?> RunPartsAsync(string code, string name)
    {
        MimeBundle? value = null;
        var timed = default(long?);
        foreach (var part in CellPart.Of(code))
        {
            value = null;
            if (part.Directive == "#!time") timed = Stopwatch.GetTimestamp();
            else if (part.Directive.Length > 0) await directives.RunAsync(part);
            else value = await RunCodeAsync(part.Text, name);
        }
        if (timed is { } start) Displays.Cell.Display(MimeBundle.Text($"Wall time: {Stopwatch.GetElapsedTime(start).TotalMilliseconds}ms"), null);
        return value;
    }

    private async Task<CellResult> RunAsync(string code, ICellOutput output)
    {
        CellConsole.Enter(output);
        try
        {
            return new(await RunPartsAsync(code, $"cell {Count}"), null);
        }
        catch (Exception e)
        {
            return new(null, CellErrors.Of(e));
        }
    }

    private async Task<MimeBundle?> RunCodeAsync(string code, string name)
    {
        var (hasValue, value, exception) = await script.RunAsync(code, name);
        services.Remember(script);
        if (exception is not null) throw new CellFailure(exception);
        return hasValue ? Displays.Bundle(value) : null;
    }
}

/// <summary>An exception of a cell's own code.</summary>
internal sealed class CellFailure(Exception inner) : Exception(inner.Message, inner);
