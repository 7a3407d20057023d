using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace BranchGrpo.Kit.Notebooks.Session;

/// <summary>Puts a look at the interrupt into every loop of a cell, so that no loop of a reader can hang the kernel. Lines stay where they
/// are.</summary>
internal static class LoopChecks
{
    private const string Check = "global::BranchGrpo.Kit.Notebooks.Session.CellInterrupt.Check();";

    public static string Insert(string code, CSharpParseOptions options)
    {
        var root = CSharpSyntaxTree.ParseText(code, options).GetRoot();
        var edits = new List<(int Position, string Text)>();
        foreach (var body in root.DescendantNodes().Select(BodyOf).OfType<StatementSyntax>())
        {
            if (body is BlockSyntax block) edits.Add((block.OpenBraceToken.Span.End, Check));
            else edits.AddRange([(body.SpanStart, "{" + Check), (body.Span.End, "}")]);
        }
        var text = new StringBuilder(code);
        foreach (var (position, insert) in edits.Select((e, i) => (e, i)).OrderByDescending(x => x.e.Position).ThenBy(x => Later(x.e, x.i)).Select(x => x.e))
            text.Insert(position, insert);
        return text.ToString();
    }

    // At one place the outer loop's opening comes before the inner's, and the inner's closing before the outer's; insertions at a place come in
    // reverse.
    private static int Later((int, string Text) edit, int order) => edit.Text == "}" ? order : -order;

    private static StatementSyntax? BodyOf(SyntaxNode node)
    {
        var body = node switch
        {
            ForStatementSyntax loop => loop.Statement,
            CommonForEachStatementSyntax loop => loop.Statement,
            WhileStatementSyntax loop => loop.Statement,
            DoStatementSyntax loop => loop.Statement,
            _ => null,
        };
        return body is null || body.ContainsDiagnostics ? null : body;               // what does not parse is left for the compiler to tell
    }
}
