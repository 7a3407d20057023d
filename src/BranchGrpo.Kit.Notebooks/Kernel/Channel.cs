namespace BranchGrpo.Kit.Notebooks.Kernel;

/// <summary>The five sockets of a Jupyter kernel.</summary>
internal enum Channel
{
    Shell,
    Control,
    Stdin,
    IoPub,
    Heartbeat,
}
