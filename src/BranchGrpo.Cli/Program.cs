using System.CommandLine;
using System.CommandLine.Invocation;
using BranchGrpo.Cli;
using BranchGrpo.Cli.Commands;

var root = new RootCommand("GRPO on branching rollouts for flow models: train, compare and measure.")
{
    CompareCommand.Create(),
    AblateCommand.Create(),
    RunCommand.Create(),
    RecipesCommand.Create(),
    CostCommand.Create(),
    SnrCommand.Create(),
    BenchCommand.Create(),
    SampleCommand.Create(),
    EvalCommand.Create(),
    LeavesCommand.Create(),
    ShapesCommand.Create(),
    ModelsCommand.Create(),
    KernelCommand.Create(),
    NotebookCommand.Create(),
    DoctorCommand.Create(),
    WorkerCommand.Create(),
};
return Failure.Guard(() =>
{
    var parsed = root.Parse(args);
    if (parsed.Action is ParseErrorAction mistake && args.Length > 0) mistake.ShowHelp = false;
    return parsed.Invoke(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
});
