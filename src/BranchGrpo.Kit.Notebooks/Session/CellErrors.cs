using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Scripting;

namespace BranchGrpo.Kit.Notebooks.Session;

/// <summary>Says why a cell failed in terms of its lines.</summary>
internal static class CellErrors
{
    /// <summary>Name of an interrupted cell's error, as Jupyter front ends know it.</summary>
    public const string Interrupted = "KeyboardInterrupt";

    private const string Stays = "the cell was interrupted; what it had done stays.";
    private const int Frames = 8;

    private static readonly Regex Scaffolding = new(@"Submission#\d+[.+]?|<<Initialize>>\w+\.?|MoveNext|<>c\w*\.?");

    public static CellError Of(Exception e)
    {
        if (e is CompilationErrorException compiler) return OfCompiler(compiler);
        var cause = Innermost(e);
        if (cause is OperationCanceledException && CellInterrupt.Token.IsCancellationRequested)
            return new(Interrupted, Stays, null, [$"{Interrupted}: {Stays}"]);
        var frames = new StackTrace(cause, fNeedFileInfo: true).GetFrames();
        var inCell = frames.Where(f => f.GetFileName() is { } file && Path.GetFileName(file).StartsWith("cell ", StringComparison.Ordinal)).ToArray();
        var line = inCell.Length > 0 ? inCell[0].GetFileLineNumber() : (int?)null;
        var head = $"{cause.GetType().Name}: {cause.Message}";
        var trace = frames.Where(IsTelling).Take(Frames).Select(f => "   at " + Place(f));
        return new(cause.GetType().FullName!, cause.Message, line is > 0 ? line : null, [head, .. trace]);
    }

    private static CellError OfCompiler(CompilationErrorException e)
    {
        var errors = e.Diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).ToArray();
        var lines = errors.Select(d => $"({Line(d)},{d.Location.GetLineSpan().StartLinePosition.Character + 1}): error {d.Id}: {d.GetMessage()}").ToArray();
        return new("CompilationError", string.Join("\n", errors.Select(d => $"{d.Id}: {d.GetMessage()}")), errors.Length > 0 ? Line(errors[0]) : null, lines);
    }

    private static int Line(Diagnostic d) => d.Location.GetLineSpan().StartLinePosition.Line + 1;

    private static Exception Innermost(Exception e) => e switch
    {
        CellFailure or TargetInvocationException or TypeInitializationException when e.InnerException is { } inner => Innermost(inner),
        AggregateException { InnerExceptions: [var only] } => Innermost(only),
        _ => e,
    };

    // Frames of the compiler's scaffolding and of Roslyn say nothing to a reader.
    private static bool IsTelling(StackFrame f) => f.GetMethod() is { } method
        && method.DeclaringType?.FullName is { } type && !type.StartsWith("Microsoft.CodeAnalysis", StringComparison.Ordinal)
        && !type.StartsWith("System.Runtime.CompilerServices", StringComparison.Ordinal)
        && !type.StartsWith("BranchGrpo.Kit.Notebooks.Session", StringComparison.Ordinal);

    private static string Place(StackFrame f)
    {
        var file = f.GetFileName() is { } path ? $" in {Path.GetFileName(path)}:line {f.GetFileLineNumber()}" : "";
        var method = f.GetMethod()!;
        var name = Scaffolding.Replace($"{method.DeclaringType?.FullName}.{method.Name}", "").Trim('.', '+');
        return (name.Length > 0 ? name : "the cell") + file;
    }
}
