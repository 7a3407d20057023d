using System.Text;

namespace BranchGrpo.Kit.Notebooks.Session;

/// <summary>The console of a running cell: what it writes goes to the cell's output, what it reads is asked of the reader.</summary>
internal static class CellConsole
{
    private static readonly AsyncLocal<ICellOutput?> running = new();
    private static readonly Lock gate = new();
    private static bool redirected;

    /// <summary>The output of the cell that this code runs in; null outside cells.</summary>
    public static ICellOutput? Running => running.Value;

    /// <summary>From here on, in this flow of execution, the console is the cell's.</summary>
    public static void Enter(ICellOutput output)
    {
        lock (gate)
        {
            if (!redirected)
            {
                Console.SetOut(new Writer("stdout", Console.Out));
                Console.SetError(new Writer("stderr", Console.Error));
                Console.SetIn(new Reader(Console.In));
                redirected = true;
            }
        }
        running.Value = output;
    }

    private sealed class Writer(string name, TextWriter outside) : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => Write(value.ToString());

        public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

        public override void Write(string? value)
        {
            if (string.IsNullOrEmpty(value)) return;
            if (Running is { } cell) cell.Stream(name, value);
            else outside.Write(value);
        }

        public override void WriteLine(string? value) => Write(value + "\n");

        public override void WriteLine() => Write("\n");

        public override void Flush() => outside.Flush();
    }

    private sealed class Reader(TextReader outside) : TextReader
    {
        public override string? ReadLine() => Running is { } cell ? cell.Input("", password: false) : outside.ReadLine();

        public override int Read() => Running is null ? outside.Read() : throw new NotSupportedException("A cell can read lines only: Console.ReadLine().");

        public override int Peek() => Running is null ? outside.Peek() : -1;
    }
}
