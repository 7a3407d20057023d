using System.Reflection;
using BranchGrpo.Kit;
using BranchGrpo.Kit.Native;

namespace BranchGrpo.Cli;

/// <summary>Something the user can put right. Its message is all that is printed.</summary>
internal sealed class Failure(string message) : Exception(message)
{
    /// <summary>Stopped on request; what was done is kept.</summary>
    public const int Stopped = 130;

    /// <summary>Runs a command; a failure becomes one message on standard error and an exit code other than 0.</summary>
    public static int Guard(Func<int> command)
    {
        try
        {
            return command();
        }
        catch (OperationCanceledException)
        {
            return Stopped;
        }
        catch (Exception e) when (Environment.GetEnvironmentVariable("BRANCHGRPO_TRACE") is null)
        {
            Console.Error.WriteLine("error: " + MessageOf(e));
            return IsExpected(Innermost(e)) ? 1 : 70;
        }
    }

    /// <summary>One line that says what is wrong.</summary>
    public static string MessageOf(Exception e)
    {
        e = Innermost(e);
        var text = e is ArgumentException argument ? WithoutParameterName(argument)
            : IsExpected(e) ? e.Message
            : $"{e.GetType().Name}: {Shortened(e.Message)} (BRANCHGRPO_TRACE=1 shows where)";
        return text.ReplaceLineEndings(" ").Trim();
    }

    private static Exception Innermost(Exception e) => e switch
    {
        TypeInitializationException or TargetInvocationException or AggregateException when e.InnerException is { } inner => Innermost(inner),
        _ => e,
    };

    private static string Shortened(string text) => text.Length <= 300 ? text : text[..300] + " …";

    private static string WithoutParameterName(ArgumentException e) => e.Message.Replace($" (Parameter '{e.ParamName}')", $" ({e.ParamName})");

    private static bool IsExpected(Exception e) =>
        e is Failure or ArgumentException or FormatException or IOException or UnauthorizedAccessException or InvalidDataException
            or NonFiniteException or LibTorchNotFoundException;
}
