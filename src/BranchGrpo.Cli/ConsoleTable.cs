using BranchGrpo.Cli.Compare;
using Spectre.Console;

namespace BranchGrpo.Cli;

/// <summary>Tables on the console: the first column left, the others right, never broken when written to a file.</summary>
internal static class ConsoleTable
{
    public static void Print(ResultTable table)
    {
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = 200;
        var shown = new Table { Border = TableBorder.Simple, Title = new TableTitle(Markup.Escape(table.Title)) };
        for (var i = 0; i < table.Columns.Count; i++)
        {
            shown.AddColumn(new TableColumn(Markup.Escape(table.Columns[i])) { Alignment = i == 0 ? Justify.Left : Justify.Right, NoWrap = i == 0 });
        }
        foreach (var row in table.Rows) shown.AddRow([.. row.Select(Markup.Escape)]);
        AnsiConsole.Write(shown);
    }
}
