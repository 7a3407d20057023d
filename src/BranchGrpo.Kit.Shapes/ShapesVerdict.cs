namespace BranchGrpo.Kit.Shapes;

/// <summary>What the verifier saw in one picture, held against its caption.</summary>
/// <param name="Seen">Caption of the nearest clean picture.</param>
/// <param name="Shape">The shape is right.</param>
/// <param name="Colour">The colour is right.</param>
/// <param name="Size">The size is right.</param>
/// <param name="Position">The position is right.</param>
/// <param name="Rmse">Root mean square difference to the nearest clean picture of its own caption; about 0.1 for a real rendering.</param>
public readonly record struct ShapesVerdict(Caption Seen, bool Shape, bool Colour, bool Size, bool Position, double Rmse)
{
    /// <summary>All four are right.</summary>
    public bool All => Shape && Colour && Size && Position;
}
